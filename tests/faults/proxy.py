"""A small proxy in front of a server, that does to its connections what networks do."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

Address = tuple[str, int] | str
"""Host and port, or the path of a socket."""

FAULTS = ("lost", "late", "reset", "silent", "slow", "cut")
"""What can be done to an answer, after its request was handed on and carried out.

`lost`: the connection ends instead of it. `late`: it comes after `late_s`. `reset`: the connection is reset. `silent`:
nothing comes, and nothing ends (half-open). `slow`: it comes byte by byte. `cut`: half of it comes, then the end.
"""


class Proxy:
    """Hands requests on; to each answer it does one of `faults` with the given chance, as the seed has it."""

    def __init__(self, server: Address, path: Path | None = None, *, seed: int = 1) -> None:
        self.server = server
        self.faults: tuple[str, ...] = ()
        self.chance, self.late_s = 0.0, 0.1
        self.done: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self._drawn = random.Random(seed)
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.bind(str(path) if path else ("127.0.0.1", 0))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def begin(self, *faults: str, chance: float) -> None:
        self.faults, self.chance = faults, chance

    def until_each(self, times: int, within_s: float = 60.0) -> None:
        """Wait till each of the faults has been done so often: how many answers pass in a second is the machine's."""
        give_up_at = time.monotonic() + within_s
        while not all(self.done[fault] >= times for fault in self.faults):
            assert time.monotonic() < give_up_at, self.done
            time.sleep(0.05)

    def quiet(self) -> None:
        """No more faults; what hangs is ended."""
        self.faults = ()

    def close(self) -> None:
        self.quiet()
        for end in [self._listener, *self._open]:
            _end(end)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
                try:
                    server.connect(self.server)
                except OSError:
                    server.close()
                    _end(client)
                    continue
                self._open += [client, server]
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
                threading.Thread(target=self._bring, args=(server, client), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while asked := client.recv(65536):
                server.sendall(asked)
        _end(server)

    def _bring(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(65536):
                fault = self._fault()
                if not self._deliver(fault, answer, client):
                    break
        _end(client)
        _end(server)

    def _fault(self) -> str:
        if not self.faults or self._drawn.random() >= self.chance:
            return ""
        fault = self._drawn.choice(self.faults)
        self.done[fault] += 1
        return fault

    def _deliver(self, fault: str, answer: bytes, client: socket.socket) -> bool:
        """Answers whether the connection lives on."""
        match fault:
            case "lost":
                return False
            case "reset":
                # a thread that still reads would keep it from its end, and the other side from hearing of it
                client.shutdown(socket.SHUT_RD)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                return False
            case "cut":
                client.sendall(answer[: len(answer) // 2])
                return False
            case "silent":
                while self.faults:
                    time.sleep(0.05)
                return False
            case "late":
                time.sleep(self.late_s)
            case "slow":
                for start in range(0, len(answer), 64):
                    client.sendall(answer[start : start + 64])
                    time.sleep(0.002)
                return True
        client.sendall(answer)
        return True


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
