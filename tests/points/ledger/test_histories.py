"""Random histories: the real ledger and its twin answer alike, and every law holds after each step."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points.clock import FixedClock
from points.ledger import Ledger, Stream, connect
from points.ledger.memory import MemoryLedger
from points.ledger.verify import verify
from tests.points.ledger.histories import History
from tests.servers import Valkey

STEPS = 50
_drawn = st.binary(min_size=4 * STEPS, max_size=4 * STEPS)
_MUST_HAPPEN = (
    "earn",
    "hold",
    "capture",
    "release",
    "refund",
    "reverse",
    "settle",
    "send_across",
    "receive_across",
    "sweep",
    "again",
    "batched",
    "id_reused",
    "hold_captured",
    "hold_released",
    "hold_timed_out",
    "hold_unknown",
    "foreign_merchant",
    "out_of_stock",
    "limit_reached",
    "insufficient_points",
    "fund_short",
    "merchant_short",
    "already_reversed",
    "resident_closed",
    "over_capture",
)


@pytest.fixture
def quick_client(private_valkey: Callable[..., Valkey]) -> Iterator[redis.Redis]:
    """A real server that keeps nothing on disk: here answers are compared, not their durability."""
    client = connect(private_valkey("--appendonly", "no").socket)
    yield client
    client.close()


def _play(client: redis.Redis, examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    districts = count(1)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples <= 300,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_drawn)
    def play(drawn: bytes) -> None:
        clock = FixedClock(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
        district = f"h{next(districts)}"
        real = Ledger(client, district, clock, skew_limit_seconds=None)
        history = History(real, MemoryLedger(district, clock), clock, seen)
        history.begin()
        for i in range(0, len(drawn), 4):
            history.step(drawn[i], drawn[i + 1], drawn[i + 2], drawn[i + 3])
        assert verify(Stream(client, district).read(0, 1000), real).difference is None

    play()
    return seen


@pytest.mark.timeout(400)
def test_random_histories_are_alike_on_both_ledgers(quick_client: redis.Redis) -> None:
    seen = _play(quick_client, 300)
    assert [name for name in _MUST_HAPPEN if not seen[name]] == []
    assert sum(seen.values()) > 15_000


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_random_histories_are_alike_on_both_ledgers(quick_client: redis.Redis) -> None:
    seen = _play(quick_client, int(os.environ.get("ROUNDS", "100")) * 300)
    assert [name for name in _MUST_HAPPEN if not seen[name]] == []
