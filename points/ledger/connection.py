"""How the ledger talks to its server: one request, one answer, never a retry of its own.

A lost answer leaves open whether a script ran. Only the caller, who has the id, may ask again; a client that repeats by
itself would run the script twice.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0


def _ask_run(line: Any) -> None:
    """Each time a connection is made it asks which run of the server it reached (`run_id`)."""
    line.run_id = ""
    line.on_connect()
    line.send_command("INFO", "server")
    answer = line.read_response()
    text = answer.decode() if isinstance(answer, bytes) else str(answer)
    line.run_id = text.partition("run_id:")[2].partition("\r\n")[0]


_SCHEMES = ("redis", "rediss", "unix")


def connect(where: str, *, answer_seconds: float = ANSWER_SECONDS) -> redis.Redis:
    """A client for a ledger at a URL (`redis://`, `rediss://`, `unix://`) or the path of a socket.

    It never repeats a command, waits at most `answer_seconds` for an answer, and pins the protocol. Nothing is
    connected yet. Raises ValueError for a URL it cannot read.
    """
    url = f"unix://{where}" if where.startswith("/") else where
    scheme = urlsplit(url).scheme
    if scheme not in _SCHEMES:
        raise ValueError("a ledger is reached by redis://, rediss:// or unix://")
    options: dict[str, Any] = {
        "redis_connect_func": _ask_run,
        "socket_timeout": answer_seconds,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "decode_responses": False,
    }
    if scheme != "unix":
        options["socket_connect_timeout"] = CONNECT_SECONDS
    pool = redis.BlockingConnectionPool.from_url(url, **options)
    return redis.Redis(connection_pool=pool)
