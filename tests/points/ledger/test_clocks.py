"""Clocks that jump: two days on, a day back, over the year's end; nobody is granted or spends twice for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis

from points.clock import FixedClock, SystemClock
from points.ids import new_id
from points.ledger import Ledger
from points.ledger import transfer as t
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(days=-1), timedelta(days=45)])
def test_what_was_posted_before_a_jump_is_not_posted_again(town: Town, jump: timedelta) -> None:
    earning = town.earning("lin", 100, caps=(t.Cap("acts.daily:lin:2026-11-22", 100),))
    town.ledger.post(earning)
    holding = town.holding("lin")
    town.ledger.post(holding)
    town.clock.at += jump
    again = town.ledger.post(earning)
    assert (again.replayed, town.ledger.account("resident:lin")) == (True, 70)
    if jump < timedelta(days=2):
        assert town.ledger.post(holding).replayed
    assert town.earn("lin", 5, caps=earning.caps).amount == 0  # a cap's window is the deed's, not the clock's


def test_a_daily_limit_is_not_opened_by_turning_the_clock_back_and_on(town: Town) -> None:
    town.earn("lin", 1000)
    town.set_offer(limits=(t.PeriodLimit("day", 1),))
    town.hold("lin")
    town.clock.advance(days=1)
    town.hold("lin")
    town.clock.advance(days=-1)
    with refused("limit_reached"):
        town.hold("lin", minutes=60 * 36)
    town.clock.advance(days=1)
    with refused("limit_reached"):
        town.hold("lin")


def test_a_lot_past_its_time_stays_so_when_the_clock_goes_back(town: Town) -> None:
    town.earn("lin", 30, days=1)
    town.earn("mei", 30, days=90)
    town.clock.advance(days=2)
    town.hold("mei")
    town.clock.advance(days=-2)
    with refused("insufficient_points"):
        town.hold("lin", minutes=60 * 72)


def test_windows_of_a_year_end_at_local_midnight(town: Town) -> None:
    town.earn("lin", 1000)
    town.clock.at = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in the district
    town.set_offer(limits=(t.PeriodLimit("year", 1), t.PeriodLimit("quarter", 1), t.PeriodLimit("month", 1)))
    town.hold("lin")
    with refused("limit_reached"):
        town.hold("lin")
    town.clock.advance(minutes=1)
    town.hold("lin")
    with refused("limit_reached"):
        town.hold("lin")


@pytest.mark.parametrize("minutes", [-1430, -2, 2, 1430])
def test_a_caller_whose_clock_is_off_is_refused(redis_client: redis.Redis, minutes: int) -> None:
    wrong = FixedClock(SystemClock().now() + timedelta(minutes=minutes))
    ledger = Ledger(redis_client, DISTRICT, wrong)
    with refused("clock_skew"):
        ledger.post(t.TopUp(new_id(SystemClock().now()), "civic", 5))
    assert ledger.head().number == 0
    right = Ledger(redis_client, DISTRICT, FixedClock(SystemClock().now() + timedelta(seconds=30)))
    right.post(t.TopUp(new_id(SystemClock().now()), "civic", 5))
