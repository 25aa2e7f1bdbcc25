"""A few random histories with fixed seeds, quick to tell: both ledgers answer alike, and all keys follow."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import redis

from points.clock import FixedClock
from points.ledger import Ledger, Stream
from points.ledger.memory import MemoryLedger
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.histories import History


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_told_history_is_alike_on_both_ledgers(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock, seed: int
) -> None:
    history = History(redis_ledger, MemoryLedger(DISTRICT, clock), clock, Counter())
    history.begin()
    drawn = random.Random(seed)
    for _ in range(120):
        history.step(*drawn.randbytes(4))
    assert str(verify(Stream(redis_client, DISTRICT).read(0, 1000), redis_ledger).difference) == "None"
