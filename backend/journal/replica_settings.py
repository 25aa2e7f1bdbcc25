"""Whether the replicas that an answer waits for keep what they received, as far as they can be seen from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import redis

_SIGNED = ("username", "password", "db")
_PATIENCE: dict[str, Any] = {"socket_timeout": 2, "socket_connect_timeout": 1}

Settings = Mapping[str, str]


def of_replicas(
    primary: redis.Redis, about: Mapping[str, Any], read: Callable[[redis.Redis], Settings]
) -> dict[str, Settings | None]:
    """The settings of each replica that a primary names, by its address; None of one that cannot be asked from here.

    They are asked as the primary is: by the same name and password, and by TLS where it is.
    """
    found: dict[str, Settings | None] = {}
    for host, port in _named(about):
        try:
            with redis.Redis(host=host, port=port, **_as_asked(primary), **_PATIENCE) as replica:
                found[f"{host}:{port}"] = read(replica)
        except (redis.RedisError, OSError):
            found[f"{host}:{port}"] = None
    return found


def _named(about: Mapping[str, Any]) -> list[tuple[str, int]]:
    listed = [each for name, each in sorted(about.items()) if name.startswith("slave") and isinstance(each, dict)]
    return [(str(each["ip"]), int(each["port"])) for each in listed if "ip" in each]


def _as_asked(primary: redis.Redis) -> dict[str, Any]:
    given = primary.connection_pool.connection_kwargs
    kept = {name: value for name, value in given.items() if name in _SIGNED or name.startswith("ssl_")}
    safe = issubclass(primary.connection_pool.connection_class, redis.SSLConnection)
    return {**kept, "ssl": True} if safe else kept
