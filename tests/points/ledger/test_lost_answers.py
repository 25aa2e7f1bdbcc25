"""An answer that is lost on its way: asked again under the same id, the posting is there once."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest
import redis

from points.clock import SystemClock
from points.ids import new_id
from points.ledger import Ledger, Stream, connect
from points.ledger.transfer import TopUp
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import refused
from tests.servers import Valkey

ROUNDS = int(os.environ.get("ROUNDS", "100"))
DEBIT = "return redis.call('DECRBY', KEYS[1], ARGV[1])"


class Lossy:
    """A proxy that hands requests on, and cuts the connection instead of the next answer when told to."""

    def __init__(self, path: Path, server: str) -> None:
        self.path, self._server = str(path), server
        self.lose_next = threading.Event()
        self.lost = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
                threading.Thread(target=self._bring, args=(server, client), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while asked := client.recv(65536):
                server.sendall(asked)
        self._cut(client, server)

    def _bring(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(65536):
                if self.lose_next.is_set():
                    self.lose_next.clear()
                    self.lost += 1
                    break
                client.sendall(answer)
        self._cut(client, server)

    def _cut(self, *ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def lossy(fresh_redis: redis.Redis, ledger_server: Valkey, servers_directory: Path) -> Iterator[Lossy]:
    path = servers_directory / "lossy.sock"
    path.unlink(missing_ok=True)
    proxy = Lossy(path, ledger_server.socket)
    yield proxy
    proxy.close()


def _lose(lossy: Lossy, answers: int) -> None:
    client = connect(lossy.path)
    ledger = Ledger(client, DISTRICT, SystemClock())
    ledger.post(TopUp(new_id(SystemClock().now()), "civic", 1))
    for _ in range(answers):
        command = TopUp(new_id(SystemClock().now()), "civic", 10)
        lossy.lose_next.set()
        with refused("ledger_unreachable"):
            ledger.post(command)
        assert ledger.post(command).replayed
    assert lossy.lost == answers
    assert ledger.account("fund:civic") == 10 * answers + 1
    assert Stream(client, DISTRICT).length() == answers + 1
    client.close()


def test_a_posting_whose_answer_was_lost_is_there_once(lossy: Lossy) -> None:
    _lose(lossy, 50)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_postings_whose_answers_were_lost_are_there_once(lossy: Lossy) -> None:
    _lose(lossy, 20 * ROUNDS)


def test_a_client_that_tries_again_by_itself_moves_twice(lossy: Lossy) -> None:
    """The control: a plain script on a client with its usual settings."""
    client = redis.Redis(unix_socket_path=lossy.path)
    client.set("balance", 1000)
    script = client.register_script(DEBIT)
    script(keys=["balance"], args=[0])
    for _ in range(10):
        lossy.lose_next.set()
        script(keys=["balance"], args=[10])
    assert int(client.get("balance")) == 800
    client.close()


def test_a_server_that_never_answers_is_waited_for_once(tmp_path: Path) -> None:
    """On a busy machine it may take longer, but not each time."""
    path, waits = str(tmp_path / "silent.sock"), list[float]()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen(8)
        while not waits or (min(waits) >= 0.9 and len(waits) < 5):
            ledger, began = Ledger(connect(path, answer_seconds=0.5), DISTRICT, SystemClock()), monotonic()
            with refused("ledger_unreachable"):
                ledger.post(TopUp(new_id(SystemClock().now()), "civic", 1))
            waits.append(monotonic() - began)
    assert 0.5 <= min(waits) < 0.9
