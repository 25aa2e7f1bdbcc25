"""How the ledger talks to its server: one request, one answer, never a retry of its own.

A lost answer leaves open whether a script ran. Only the caller, who has the id, may ask again; a client that repeats by
itself would run the script twice.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from points.ledger.cluster import Client, Cluster

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0


ABOUT_RUN = (("INFO", "server"), ("INFO", "replication"))
"""What a server is asked to know which run of it this is."""


def run_of(server: object, replication: object) -> str:
    """A server's run: it was started then, and has had one history of its own since; empty where it does not tell.

    A server that followed another one meanwhile has other entries, though it was not started anew: when it is promoted
    its replication id is another. It is another too when its first replica comes, and an hour after the last one went.
    """
    run = _field(server, "run_id")
    return f"{run[:20]}{_field(replication, 'master_replid')[:20]}" if run else ""


def _field(told: object, name: str) -> str:
    text = told.decode() if isinstance(told, bytes) else str(told)
    return text.partition(f"\n{name}:")[2].partition("\r\n")[0]


def ask_run(line: Any) -> None:
    """Ask the server of a connection which run it is in (`run`), and note when (`run_asked`)."""
    line.send_packed_command(line.pack_commands(ABOUT_RUN))
    line.run_asked = time.monotonic()
    told = []
    for _ in ABOUT_RUN:
        try:
            told.append(line.read_response())
        except ResponseError as said:  # the other answer is read all the same
            told.append(said)
    for each in told:
        if isinstance(each, ResponseError):
            raise each
    line.run = run_of(*told)


def _begin(line: Any) -> None:
    """Each time a connection is made it asks which run of the server it reached."""
    line.run = ""
    line.on_connect()
    ask_run(line)


_SCHEMES = ("redis", "rediss", "unix")
_CLUSTERS = {"redis+cluster": False, "rediss+cluster": True}
"""Schemes of clusters, and whether they are reached by TLS."""
_PORT = 6379


def connect(where: str, *, answer_seconds: float = ANSWER_SECONDS) -> Client:
    """A client for a ledger at a URL or the path of a socket.

    `redis://`, `rediss://`, `unix://` name one server; `redis+cluster://user:password@host:port,host:port` (or
    `rediss+cluster://`) some servers of a cluster. It never repeats a command, waits at most `answer_seconds` for an
    answer, and pins the protocol. Nothing is connected yet. Raises ValueError for a URL it cannot read.
    """
    url = f"unix://{where}" if where.startswith("/") else where
    scheme = urlsplit(url).scheme
    if scheme in _CLUSTERS:
        return _cluster(url, _options(answer_seconds) | {"socket_connect_timeout": CONNECT_SECONDS})
    if scheme not in _SCHEMES:
        raise ValueError("a ledger is reached by redis://, rediss://, unix://, redis+cluster:// or rediss+cluster://")
    options = _options(answer_seconds) | {"retry": Retry(NoBackoff(), 0), "retry_on_error": []}
    if scheme != "unix":
        options["socket_connect_timeout"] = CONNECT_SECONDS
    pool = redis.BlockingConnectionPool.from_url(url, **options)
    return redis.Redis.from_pool(pool)  # whoever closes it closes its connections


def _options(answer_seconds: float) -> dict[str, Any]:
    """What all connections have; that nothing is tried again, a cluster's client says of its connections itself."""
    return {
        "redis_connect_func": _begin,
        "socket_timeout": answer_seconds,
        "protocol": 2,
        "decode_responses": False,
    }


def _cluster(url: str, options: dict[str, Any]) -> Cluster:
    """Who signs in is named once, before the first address."""
    scheme, _, rest = url.partition("://")
    signed, _, listed = rest.rpartition("@")
    who = urlsplit(f"//{signed}@-") if signed else None
    if who is not None:
        options |= {"username": unquote(who.username or "") or None, "password": unquote(who.password or "") or None}
    if _CLUSTERS[scheme]:
        options["ssl"] = True
    nodes = []
    for each in listed.rstrip("/").split(","):
        place = urlsplit(f"//{each.strip()}")
        if not place.hostname or place.path or place.query:
            raise ValueError("a cluster is named as redis+cluster://host:port,host:port")
        nodes.append((place.hostname, place.port or _PORT))
    return Cluster(nodes, **options)
