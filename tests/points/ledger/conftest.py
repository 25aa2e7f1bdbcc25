"""A small town for the ledger's tests: one fixed clock, one fund, one offer, residents by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import redis

from points.clock import FixedClock
from points.ledger import Ledger, connect
from points.ledger.memory import MemoryLedger
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


@pytest.fixture(params=["redis", "twin"])
def ledger(request: pytest.FixtureRequest, clock: FixedClock) -> Ledger | MemoryLedger:
    """The ledger under contract: the real one, and its twin."""
    if request.param == "twin":
        return MemoryLedger(DISTRICT, clock)
    return request.getfixturevalue("redis_ledger")  # type: ignore[no-any-return]


@pytest.fixture
def town(ledger: Ledger | MemoryLedger, clock: FixedClock) -> Town:
    """The ledger with a fund of 100,000 and an offer `tea` of 30 points, 10 in stock, at the shop `teahouse`."""
    return Town(ledger, clock).opened()
