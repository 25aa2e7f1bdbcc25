"""The contract at the very moment: when an id is just too old, an offer ends, a day begins, a lot is past its date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from points.ids import new_id
from points.ledger import Leg
from points.ledger import transfer as t
from tests.points.ledger.town import Town, refused

A_MILLISECOND = timedelta(milliseconds=1)


def test_an_id_is_good_for_thirty_days_to_the_millisecond(town: Town) -> None:
    town.ledger.post(town.earning(id=new_id(town.now - timedelta(days=30))))
    with refused("id_expired"):
        town.ledger.post(town.earning(id=new_id(town.now - timedelta(days=30) - A_MILLISECOND)))


def test_an_id_may_be_a_day_ahead_to_the_millisecond(town: Town) -> None:
    town.ledger.post(town.earning(id=new_id(town.now + timedelta(days=1))))
    with refused("id_expired"):
        town.ledger.post(town.earning(id=new_id(town.now + timedelta(days=1) + A_MILLISECOND)))


def test_an_id_of_five_hundred_years_from_now_is_refused(town: Town) -> None:
    """All but the first digit of its time is of today."""
    today = town.id()
    with refused("id_expired"):
        town.ledger.post(town.earning(id="1" + today[1:]))
    town.ledger.post(town.earning(id=today))


def test_an_offer_is_over_in_the_millisecond_in_which_it_ends(town: Town) -> None:
    town.earn("lin", 100)
    town.set_offer(ends_at=town.now + timedelta(hours=1))
    town.clock.at += timedelta(hours=1) - A_MILLISECOND
    town.hold("lin")
    town.clock.at += A_MILLISECOND
    with refused("offer_ended"):
        town.hold("lin")


def test_a_new_day_begins_at_midnight_also_for_a_caller_whose_clock_is_behind(town: Town) -> None:
    town.earn("lin", 100)
    town.set_offer(limits=(t.PeriodLimit("day", 1),))
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)  # in the district
    town.clock.at = midnight - timedelta(minutes=1)
    town.hold("lin")
    town.clock.at = midnight
    town.top_up(1)
    town.clock.at = midnight - timedelta(minutes=1)
    town.hold("lin")
    with refused("limit_reached"):
        town.hold("lin")


def test_a_redemption_moves_a_million_points_at_most(town: Town) -> None:
    town.top_up(2_000_000)
    town.earn("lin", 1_000_000)
    town.earn("lin", 1_000_000)
    town.set_offer(price=9901)
    town.adjust_stock(91)
    with refused("over_ceiling"):
        town.hold("lin", 101)  # 1,000,001
    town.set_offer(price=500_000)
    assert town.hold("lin", 2).amount == 1_000_000


def test_a_lot_lives_seven_days_more_when_it_is_refunded_in_the_millisecond_of_its_date(town: Town) -> None:
    town.earn("lin", 30, days=1)
    captured = town.capture(town.hold("lin").id)
    town.clock.advance(days=1)
    assert town.refund(captured.id).legs[1] == Leg("resident:lin", 30, 30)
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=7), 30),)


def test_the_seven_days_begin_when_a_part_comes_back_past_its_date_not_before(town: Town) -> None:
    town.earn("lin", 30, days=1)
    captured = town.capture(town.hold("lin").id)
    town.refund(captured.id, 10)
    town.clock.advance(days=2)
    town.refund(captured.id)
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=7), 20),)


def test_units_that_come_back_when_their_day_is_over_are_counted_in_no_other(town: Town) -> None:
    town.earn("lin", 100)
    town.set_offer(limits=(t.PeriodLimit("day", 1),))
    hold = town.hold("lin", minutes=60 * 48)
    town.clock.advance(days=1)
    town.hold("lin")
    town.release(hold.id)
    with refused("limit_reached"):
        town.hold("lin")
