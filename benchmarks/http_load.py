"""Load on an HTTP server from a process of its own, over raw sockets, so that asking costs little beside the answer.

    python -m benchmarks.http_load PORT CLIENTS SECONDS RATE    with a token a line on standard input

Each client keeps one connection and sends `POST /api/v1/redemptions` with a fresh key. RATE 0: as fast as answers come;
else so many a second in all. Prints `{"answered": n, "failed": n, "seconds": s, "p50_ms": …, "p99_ms": …}`.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time

from points.clock import SystemClock
from points.ids import new_id


class Client:
    """One connection, one request at a time."""

    def __init__(self, port: int, token: str, body: bytes) -> None:
        self._port, self._token, self._body = port, token, body
        self.took: list[float] = []
        self.failed = 0
        self._line = socket.create_connection(("127.0.0.1", port))
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, begin_at: float, end_at: float, pause: float) -> None:
        due = begin_at
        while (now := time.perf_counter()) < end_at:
            if due > now:
                time.sleep(due - now)
            began = due if pause else time.perf_counter()  # at a given rate, waiting for one's turn counts too
            self.failed += not self._ask()
            self.took.append(time.perf_counter() - began)
            due += pause
        self._line.close()

    def _ask(self) -> bool:
        head = (
            f"POST /api/v1/redemptions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n"
            f"Idempotency-Key: {new_id(SystemClock().now())}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self._body)}\r\n\r\n"
        )
        self._line.sendall(head.encode() + self._body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        said, _, content = answer.partition(b"\r\n\r\n")
        length = int(said.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(content) < length:
            content += self._more()
        return b" 20" in said[:14]

    def _more(self) -> bytes:
        some = self._line.recv(65536)
        if not some:
            raise ConnectionError("the server ended the connection")
        return some


def main() -> None:
    port, clients, seconds, rate = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    body, *tokens = sys.stdin.read().split("\n")
    made = [Client(port, tokens[number], body.encode()) for number in range(clients)]
    begin_at = time.perf_counter()
    pause = clients / rate if rate else 0.0
    threads = [
        threading.Thread(target=client.run, args=(begin_at + pause * number / clients, begin_at + seconds, pause))
        for number, client in enumerate(made)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(one for client in made for one in client.took)
    told: dict[str, float] = {"answered": len(took), "failed": sum(client.failed for client in made)}
    told |= {"seconds": time.perf_counter() - begin_at}
    told |= {f"p{part}_ms": round(took[int(len(took) * part / 100)] * 1000, 2) for part in (50, 99)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
