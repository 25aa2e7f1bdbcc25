"""The contract where little is left: one point, nothing at all, several parts for one fund, a ceiling that sank."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from points.errors import Refused
from points.ledger import Cut, Leg
from points.ledger import transfer as t
from tests.points.ledger.town import Town


def test_a_cap_that_sank_below_its_count_leaves_nothing(town: Town) -> None:
    town.earn("lin", 50, caps=(t.Cap("day", 100),))
    nothing = town.earn("lin", 10, caps=(t.Cap("day", 30),))
    assert (nothing.amount, nothing.legs, nothing.cuts) == (0, (), (Cut("day", 10, 0),))
    assert town.ledger.counted("day") == 50


def test_an_offer_that_was_never_stocked_has_nothing(town: Town) -> None:
    town.earn("lin", 100)
    town.set_offer("cake")
    with pytest.raises(Refused) as found:
        town.hold("lin", offer="cake")
    assert (found.value.code, found.value.details) == ("out_of_stock", {"stock": 0})


def test_a_refusal_says_how_much_there_is(town: Town) -> None:
    town.earn("lin", 100)
    hold = town.hold("lin")
    with pytest.raises(Refused) as found:
        town.capture(hold.id, amount=31)
    assert (found.value.code, found.value.details) == ("over_hold", {"points": 30})
    town.top_up(5, fund="spring")
    with pytest.raises(Refused) as found:
        town.earn("lin", 6, fund="spring")
    assert (found.value.code, found.value.details) == ("fund_short", {"available": 5})


def test_a_single_point_that_is_not_captured_comes_back(town: Town) -> None:
    town.earn("lin", 30)
    captured = town.capture(town.hold("lin").id, amount=29)
    assert captured.legs == (
        Leg("held", -30, 0),
        Leg("merchant:teahouse", 29, 29),
        Leg("resident:lin", 1, 1),
    )
    assert town.available() == 1


def test_two_lots_of_one_date_stay_two_when_the_older_comes_back(town: Town) -> None:
    town.earn("lin", 30)
    younger = town.earn("lin", 10)
    town.release(town.hold("lin").id)
    assert [points for _, points in town.ledger.balance("lin").expiring] == [30, 10]
    assert town.reverse(younger.id).amount == 10


def test_undoing_a_grant_of_which_a_single_point_is_left_takes_it(town: Town) -> None:
    grant = town.earn("lin", 31)
    town.hold("lin")
    undone = town.reverse(grant.id)
    assert undone.legs == (Leg("resident:lin", -1, 0), Leg("fund:civic", 1, 100_000 - 30))
    assert (undone.amount, undone.data["lost"], town.available()) == (1, 30, 0)


def test_two_lots_past_their_dates_go_to_their_fund_as_one_when_a_hold_ends(town: Town) -> None:
    town.earn("lin", 10, days=1)
    town.earn("lin", 20, days=2)
    hold = town.hold("lin", minutes=60 * 24 * 5)
    town.clock.advance(days=3)
    assert town.release(hold.id).legs == (Leg("held", -30, 0), Leg("fund:civic", 30, 100_000))


def test_two_lots_of_undone_grants_go_to_their_fund_as_one_when_they_are_refunded(town: Town) -> None:
    grants = [town.earn("lin", 10), town.earn("lin", 20)]
    captured = town.capture(town.hold("lin").id)
    for grant in grants:
        town.reverse(grant.id)
    refunded = town.refund(captured.id)
    assert refunded.legs == (Leg("merchant:teahouse", -30, 0), Leg("fund:civic", 30, 100_000))


def test_a_sweep_that_does_little_at_a_time_comes_to_everybody(town: Town) -> None:
    """Who has more to lose later that day does not stand before the others again."""
    town.clock.at = town.clock.at.replace(hour=0, minute=0)
    for hours in (1, 20):
        town.earn("lin", 5, expires_at=town.now + timedelta(days=1, hours=hours))
    town.earn("mei", 7, expires_at=town.now + timedelta(days=1, hours=2))
    town.clock.advance(days=1, hours=3)
    assert [town.ledger.sweep(1) for _ in range(3)] == [1, 1, 0]
    assert (town.ledger.account("resident:lin"), town.ledger.account("resident:mei")) == (5, 0)


def _crowd(town: Town) -> list[tuple[datetime, int]]:
    """So many lots of 5 points that the next ones join; answers when they expire."""
    town.ledger.post_many(town.earning("lin", 5, days=100 + day) for day in range(64))
    return [(town.now + timedelta(days=100 + day), 5) for day in range(64)]


def test_a_merged_lot_that_is_undone_whole_leaves_the_others_as_they_were(town: Town) -> None:
    lots = _crowd(town)
    joined = town.earn("lin", 25, days=100)
    town.set_offer("cup", price=5)
    town.adjust_stock(1, "cup")
    town.hold("lin", offer="cup")
    assert town.reverse(joined.id).amount == 25
    assert list(town.ledger.balance("lin").expiring) == lots[1:]


def test_undoing_a_merged_grant_takes_its_points_from_before_and_after_the_date(town: Town) -> None:
    """A part was refunded past the date of the lot; the rest was not swept yet."""
    _crowd(town)
    joined = town.earn("lin", 20, days=100)
    town.set_offer("cup", price=15)
    town.adjust_stock(1, "cup")
    captured = town.capture(town.hold("lin", offer="cup").id)
    town.clock.advance(days=100)
    town.refund(captured.id)  # 10 are past their date, 15 last seven days more
    undone = town.reverse(joined.id)
    assert (undone.amount, undone.data["lost"]) == (20, 0)
    assert town.ledger.balance("lin").expiring[0][1] == 5
