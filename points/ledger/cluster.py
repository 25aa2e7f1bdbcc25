"""Which server of a cluster holds a district now: asked of the cluster, and asked again when it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

import redis
from redis.cluster import ClusterNode, NodesManager
from redis.crc import key_slot
from redis.exceptions import RedisClusterException

from points.ledger.keys import Keys

LOOK_SECONDS = 0.1
"""How long an answer about who holds what is taken for fresh, however many ask."""

_MANY = 2**31
"""Lines are kept by whoever asks, and counted nowhere."""


class Cluster:
    """A Redis Cluster, as its districts see it: each lives on one server, with all of its keys.

    `nodes` are some of its addresses, of which one must answer; the others are found. Nothing is connected before it
    is asked for an owner. No command is repeated here, and none is sent to a replica.
    """

    def __init__(self, nodes: list[tuple[str, int]], **options: Any) -> None:
        self.nodes, self.options = nodes, options
        self._nodes = [ClusterNode(host, port) for host, port in nodes]  # type: ignore[no-untyped-call]  # has no types
        self._asking = threading.Lock()
        self._found: NodesManager | None = None
        self._looked_at = 0.0

    def owner(self, key: str) -> redis.Redis:
        """A client of the server that holds a key; raises redis.ConnectionError while the cluster knows none."""
        return self._servers(key)[0]

    def replicas(self, key: str) -> list[redis.Redis]:
        """Clients of the servers that copy the one that holds a key."""
        return self._servers(key)[1:]

    def look_again(self) -> None:
        """Ask the cluster anew who holds what, unless that was done just now. Raises redis.ConnectionError."""
        with self._asking:
            if self._found is None or time.monotonic() - self._looked_at < LOOK_SECONDS:
                return
            try:
                self._found.initialize(disconnect_startup_nodes_pools=False)
            except RedisClusterException as lost:
                raise redis.ConnectionError(str(lost)) from lost
            finally:
                self._looked_at = time.monotonic()

    def close(self) -> None:
        """Close what is connected."""
        with self._asking:
            if self._found is not None:
                self._found.close()
                self._found = None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _servers(self, key: str) -> list[redis.Redis]:
        nodes = self._nodes_manager().slots_cache.get(key_slot(key.encode()), [])
        servers = [node.redis_connection for node in nodes if node.redis_connection is not None]
        if not servers:
            raise redis.ConnectionError(f"no server of the cluster holds {key}")
        return servers

    def _nodes_manager(self) -> NodesManager:
        """Of the usual client only what knows the servers: its own start asks one of them, which may be down."""
        with self._asking:
            if self._found is None:
                try:
                    self._found = NodesManager(
                        list(self._nodes), require_full_coverage=False, max_connections=_MANY, **self.options
                    )
                except RedisClusterException as lost:
                    raise redis.ConnectionError(str(lost)) from lost
                self._looked_at = time.monotonic()
            return self._found


Client = redis.Redis | Cluster
"""What a ledger is reached by: one server, or a cluster of them."""


def owner_of(client: Client, key: str) -> redis.Redis:
    """The server that holds a key. Raises redis.ConnectionError while a cluster knows none."""
    return client.owner(key) if isinstance(client, Cluster) else client


def servers_of(client: Client, districts: Iterable[str]) -> list[redis.Redis]:
    """The servers that hold these districts, each once. Raises redis.ConnectionError while a cluster knows none."""
    found = [owner_of(client, Keys(district).prefix) for district in districts]
    return list({id(server): server for server in found}.values())


def replicas_of(client: Client, districts: Iterable[str]) -> list[redis.Redis]:
    """In a cluster, the servers that may one day be promoted for these districts, each once."""
    if not isinstance(client, Cluster):
        return []
    found = [server for district in districts for server in client.replicas(Keys(district).prefix)]
    return list({id(server): server for server in found}.values())


def address_of(server: redis.Redis) -> str:
    """How a server is named to whoever looks after it."""
    place = server.connection_pool.connection_kwargs
    return str(place.get("path") or f"{place.get('host')}:{place.get('port')}")
