"""A small town for the ledger's tests: one fixed clock, one fund, one offer, residents by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zlib import crc32

import pytest
import redis

from points.clock import FixedClock
from points.ledger import Client, Ledger, connect
from points.ledger.cluster import Cluster
from points.ledger.memory import MemoryLedger
from tests.cluster import DISTRICTS
from tests.points.ledger.town import Town
from tests.servers import Valkey

DISTRICT = "370112"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))


@pytest.fixture
def redis_client(fresh_redis: redis.Redis, ledger_server: Valkey) -> Iterator[redis.Redis]:
    """A client as the ledger wants it, on an empty server."""
    client = connect(ledger_server.socket)
    yield client
    client.close()


@pytest.fixture
def redis_ledger(redis_client: redis.Redis, clock: FixedClock) -> Ledger:
    return Ledger(redis_client, DISTRICT, clock, skew_limit_seconds=None)


@pytest.fixture(params=["server", "cluster"])
def client(request: pytest.FixtureRequest) -> Client:
    """A client of an empty server, and of an empty cluster."""
    return request.getfixturevalue("redis_client" if request.param == "server" else "fresh_cluster")


@pytest.fixture
def cluster_ledger(request: pytest.FixtureRequest, fresh_cluster: Cluster, clock: FixedClock) -> Ledger:
    """A ledger in a cluster: by the test's name, one of its districts."""
    district = DISTRICTS[crc32(request.node.nodeid.encode()) % len(DISTRICTS)]
    return Ledger(fresh_cluster, district, clock, skew_limit_seconds=None)


@pytest.fixture(params=["redis", "cluster", "twin"])
def ledger(request: pytest.FixtureRequest, clock: FixedClock) -> Ledger | MemoryLedger:
    """The ledger under contract: the real one, the same in a cluster, and its twin."""
    if request.param == "twin":
        return MemoryLedger(DISTRICT, clock)
    return request.getfixturevalue(f"{request.param}_ledger")


@pytest.fixture
def town(ledger: Ledger | MemoryLedger, clock: FixedClock) -> Town:
    """The ledger with a fund of 100,000 and an offer `tea` of 30 points, 10 in stock, at the shop `teahouse`."""
    return Town(ledger, clock).opened()
