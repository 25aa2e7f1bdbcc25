"""Before a second server is filled: an address that can be used, and somebody who answers there."""

from __future__ import annotations

import redis

from points.errors import Category, kind
from points.ledger import Client, connect
from points.ledger.cluster import servers_of

INTO_UNREACHABLE = kind(
    "into_unreachable",
    Category.INVALID,
    zh="--into 的地址无法使用（{reason}）。",
    en="The address of --into cannot be used ({reason}).",
)


def elsewhere(url: str, district: str) -> Client:
    """A client of the server at an address. Refused: `into_unreachable`."""
    try:
        client = connect(url)
        for server in servers_of(client, [district]):
            server.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise INTO_UNREACHABLE(reason=str(error)) from error
    return client
