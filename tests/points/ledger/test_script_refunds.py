"""A refund whose keys were made for another day, or whose hold was forgotten on the way, asks for others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from points.clock import FixedClock, to_ms
from points.ledger import Ledger, Receipt, Stream
from points.ledger import transfer as t
from points.ledger.request import CaptureFacts
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town


@pytest.fixture
def real(redis_ledger: Ledger, clock: FixedClock) -> Town:
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 30, days=1)
    return town


def _asked(real: Town, hold: Receipt, captured: Receipt) -> str:
    """The script's first answer to a refund."""
    ledger: Any = real.ledger
    now, refund = to_ms(real.now), t.Refund(real.id(), captured.id, "zhou", "broken")
    return str(ledger._run([ledger._requests.of(refund, now, CaptureFacts(hold.id, "lin"))], now)[0])


def _behind(real: Town, **behind: int) -> int:
    """The ledger sees a time that the caller's clock is behind of; answers it (ms)."""
    at = real.now
    real.top_up(1)
    real.clock.at = at - timedelta(**behind)
    return to_ms(at)


def test_a_refund_of_a_ledger_that_is_days_ahead_of_its_caller_is_swept_on_the_right_day(
    real: Town, redis_client: redis.Redis
) -> None:
    hold = real.hold("lin")
    captured = real.capture(hold.id)
    real.clock.advance(days=9)
    at = _behind(real, days=3)
    head = real.ledger.head()
    assert _asked(real, hold, captured) == f"?{at}"
    assert real.ledger.head() == head
    refunded = real.refund(captured.id)
    real.clock.at = refunded.at + timedelta(days=7)
    assert verify(Stream(redis_client, DISTRICT).read(0, 100), real.ledger).difference is None
    assert real.sweep() == 1
    assert real.ledger.account("resident:lin") == 0


def test_a_refund_of_a_ledger_that_is_a_day_ahead_is_done_at_once(real: Town) -> None:
    """Its keys reach that far."""
    hold = real.hold("lin")
    captured = real.capture(hold.id)
    real.clock.advance(days=9)
    _behind(real, days=1)
    assert _asked(real, hold, captured)[0].isdigit()


def test_a_refund_whose_hold_was_forgotten_on_the_way_asks_again_and_does_nothing(
    real: Town, redis_client: redis.Redis
) -> None:
    hold = real.hold("lin")
    captured = real.capture(hold.id)
    head, record = real.ledger.head(), f"{{d:{DISTRICT}}}:i:{hold.id}"
    kept = redis_client.getdel(record)
    assert _asked(real, hold, captured) == f"?{to_ms(real.now)}"
    assert real.ledger.head() == head
    redis_client.set(record, kept)
    assert _asked(real, hold, captured)[0].isdigit()


def _feast(real: Town, lots: int) -> tuple[list[t.Earn], Receipt]:
    """Grants of one point that each last a day longer, and the capture of a hold that took them all."""
    real.top_up(lots)
    grants = [real.earning("mei", 1, days=2 + place) for place in range(lots)]
    assert all(isinstance(answer, Receipt) for answer in real.ledger.post_many(grants))
    real.set_offer("feast", price=lots)
    real.adjust_stock(1, "feast")
    return grants, real.capture(real.hold("mei", offer="feast").id)


def test_of_more_lots_than_a_script_can_name_at_once_each_comes_back_where_it_belongs(real: Town) -> None:
    lots = 4_100
    grants, captured = _feast(real, lots)
    undone = [t.Reverse(real.id(), grant.id, "wrong", ("zhou", "qian")) for grant in grants[3:]]
    assert all(isinstance(answer, Receipt) for answer in real.ledger.post_many(undone))
    fund = real.ledger.account("fund:civic")
    assert real.refund(captured.id).amount == lots
    assert real.ledger.balance("mei").available == 3
    assert real.ledger.account("fund:civic") == fund + lots - 3


def test_more_lots_than_a_script_can_write_at_once_come_back_late(real: Town) -> None:
    lots = 4_100
    _, captured = _feast(real, lots)
    real.clock.advance(days=2 + lots)
    refunded = real.refund(captured.id)
    assert (refunded.amount, real.ledger.balance("mei").available) == (lots, lots)
