"""The contract of each kind of posting: what moves, what the receipt says, what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from points.ledger import Cut, Leg
from points.ledger import transfer as t
from tests.points.ledger.town import Town, refused


def test_money_comes_in_from_the_world(town: Town) -> None:
    receipt = town.top_up(500, fund="spring")
    assert receipt.legs == (Leg("world", -500, -100_500), Leg("fund:spring", 500, 500))
    assert (receipt.kind, receipt.amount, receipt.at, receipt.number) == ("top_up", 500, town.now, 4)
    assert town.ledger.account("fund:spring") == 500


def test_a_grant_moves_points_from_the_fund_to_the_resident(town: Town) -> None:
    receipt = town.earn("lin", 100)
    assert receipt.legs == (Leg("fund:civic", -100, 99_900), Leg("resident:lin", 100, 100))
    balance = town.ledger.balance("lin")
    assert (balance.available, balance.held, balance.pending) == (100, 0, 0)
    assert balance.expiring == ((town.now + timedelta(days=365), 100),)


def test_a_fund_gives_nothing_it_does_not_have(town: Town) -> None:
    town.top_up(50, fund="small")
    with refused("fund_short"):
        town.earn("lin", 51, fund="small")
    assert town.available() == 0
    assert town.earn("lin", 50, fund="small").amount == 50


def test_a_cap_grants_what_fits_and_says_so(town: Town) -> None:
    caps = (t.Cap("acts.daily:lin:2026-11-22", 25), t.Cap("acts.yearly:lin:2026", 1000))
    assert town.earn("lin", 20, caps=caps).cuts == ()
    second = town.earn("lin", 20, caps=caps)
    assert (second.amount, second.cuts) == (5, (Cut("acts.daily:lin:2026-11-22", 20, 5),))
    third = town.earn("lin", 20, caps=caps)
    assert (third.amount, third.legs) == (0, ())
    assert town.available() == 25


def test_a_hold_sets_points_stock_and_limits_aside(town: Town) -> None:
    town.earn("lin", 100)
    receipt = town.hold("lin", 2)
    assert receipt.legs == (Leg("resident:lin", -60, 40), Leg("held", 60, 60))
    assert receipt.data["stock"] == 8
    balance = town.ledger.balance("lin")
    assert (balance.available, balance.held) == (40, 60)
    view = town.ledger.hold_view(receipt.id)
    assert view is not None
    assert (view.state, view.points, view.quantity, view.offer, view.resident) == ("held", 60, 2, "tea", "lin")
    offer = town.ledger.offer("tea")
    assert offer is not None
    assert offer.stock == 8


def test_a_capture_pays_the_merchant_once(town: Town) -> None:
    town.earn("lin", 100)
    hold = town.hold("lin")
    receipt = town.capture(hold.id)
    assert receipt.legs == (Leg("held", -30, 0), Leg("merchant:teahouse", 30, 30))
    with refused("hold_captured"):
        town.capture(hold.id)
    view = town.ledger.hold_view(hold.id)
    assert view is not None
    assert (view.state, view.captured, view.merchant) == ("captured", 30, "teahouse")
    assert town.ledger.account("merchant:teahouse") == 30


def test_a_partial_capture_gives_the_rest_back_in_the_same_entry(town: Town) -> None:
    town.earn("lin", 100)
    hold = town.hold("lin", 3)
    receipt = town.capture(hold.id, amount=40)
    assert receipt.legs == (
        Leg("held", -90, 0),
        Leg("merchant:teahouse", 40, 40),
        Leg("resident:lin", 50, 60),
    )
    offer = town.ledger.offer("tea")
    assert offer is not None
    assert offer.stock == 8  # two of three cups were poured


def test_what_a_partial_capture_releases_expires_last(town: Town) -> None:
    town.earn("lin", 20, days=10)
    town.earn("lin", 20, days=20)
    hold = town.hold("lin")
    town.capture(hold.id, amount=20)
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=20), 20),)


def test_a_released_hold_gives_everything_back(town: Town) -> None:
    town.earn("lin", 20, days=10)
    town.earn("lin", 20, days=20)
    before = town.ledger.balance("lin")
    hold = town.hold("lin")
    town.release(hold.id)
    assert town.ledger.balance("lin") == before
    with refused("hold_released"):
        town.capture(hold.id)
    offer = town.ledger.offer("tea")
    assert offer is not None
    assert offer.stock == 10


def test_a_hold_past_its_time_cannot_be_captured_before_or_after_the_sweep(town: Town) -> None:
    town.earn("lin", 100)
    hold = town.hold("lin", minutes=1)
    town.clock.advance(minutes=1)
    with refused("hold_timed_out"):
        town.capture(hold.id)
    with refused("hold_timed_out"):
        town.release(hold.id)
    assert town.sweep() == 1
    with refused("hold_timed_out"):
        town.capture(hold.id)
    assert town.available() == 100
    view = town.ledger.hold_view(hold.id)
    assert view is not None
    assert view.state == "timed_out"


def test_the_lot_that_expires_first_is_spent_first(town: Town) -> None:
    town.earn("lin", 50, days=30)
    town.earn("lin", 50, days=10)
    town.hold("lin", 2)
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=30), 40),)


def test_a_lot_past_its_time_cannot_be_spent_and_goes_back_to_its_fund(town: Town) -> None:
    town.earn("lin", 30, days=1)
    town.clock.advance(days=1)
    assert town.available() == 0
    with refused("insufficient_points"):
        town.hold("lin")
    assert town.ledger.account("resident:lin") == 30
    assert town.sweep() == 1
    assert town.ledger.account("resident:lin") == 0
    assert town.ledger.account("fund:civic") == 100_000


def test_points_of_a_cancelled_hold_whose_lot_is_past_go_to_the_fund(town: Town) -> None:
    town.earn("lin", 30, days=1)
    town.clock.advance(hours=23, minutes=50)
    hold = town.hold("lin")
    town.clock.advance(minutes=12)
    town.release(hold.id)
    assert town.available() == 0
    assert town.ledger.account("fund:civic") == 100_000


def test_pending_points_open_on_their_day(town: Town) -> None:
    opens = town.now + timedelta(days=5)
    receipt = town.earn("lin", 40, opens_at=opens)
    assert receipt.legs == (Leg("fund:civic", -40, 99_960), Leg("pending", 40, 40))
    assert town.ledger.balance("lin").pending == 40
    assert town.sweep() == 0
    town.clock.advance(days=5)
    assert town.sweep() == 1
    balance = town.ledger.balance("lin")
    assert (balance.available, balance.pending) == (40, 0)


def test_undoing_a_grant_takes_back_what_is_left_and_closes_the_lot(town: Town) -> None:
    caps = (t.Cap("acts.daily:lin:2026-11-22", 100),)
    grant = town.earn("lin", 100, caps=caps)
    spent, kept = town.hold("lin"), town.hold("lin")
    town.capture(spent.id)
    receipt = town.reverse(grant.id)
    assert receipt.legs == (Leg("resident:lin", -40, 0), Leg("fund:civic", 40, 99_940))
    assert receipt.data["lost"] == 60
    town.release(kept.id)  # returns to a closed lot, so to its fund
    assert town.available() == 0
    assert town.ledger.account("fund:civic") == 99_970
    with refused("already_reversed"):
        town.reverse(grant.id)
    assert town.earn("lin", 100, caps=caps).amount == 100  # the room came back to the window of the deed


def test_undoing_a_pending_grant_takes_it_from_pending(town: Town) -> None:
    grant = town.earn("lin", 40, opens_at=town.now + timedelta(days=5))
    assert town.reverse(grant.id).legs == (Leg("pending", -40, 0), Leg("fund:civic", 40, 100_000))
    town.clock.advance(days=6)
    assert town.sweep() == 0
    assert town.available() == 0


def test_a_settled_merchant_is_paid_out_to_the_world(town: Town) -> None:
    town.earn("lin", 100)
    town.capture(town.hold("lin").id)
    with refused("merchant_short"):
        town.settle(31)
    assert town.settle(30).legs == (Leg("merchant:teahouse", -30, 0), Leg("world", 30, -99_970))


def test_stock_never_goes_below_zero(town: Town) -> None:
    with refused("stock_short"):
        town.adjust_stock(-11)
    town.adjust_stock(-10)
    town.earn("lin", 100)
    with refused("out_of_stock"):
        town.hold("lin")


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year", "lifetime"])
def test_a_limit_counts_in_its_window(town: Town, period: str) -> None:
    town.earn("lin", 1000)
    town.set_offer(limits=(t.PeriodLimit(period, 2),))
    first = town.hold("lin", 2)
    with refused("limit_reached"):
        town.hold("lin")
    town.release(first.id)
    town.hold("lin", 2)


def test_a_daily_limit_ends_at_local_midnight(town: Town) -> None:
    town.earn("lin", 1000)
    town.set_offer(limits=(t.PeriodLimit("day", 1),))
    town.hold("lin")
    town.clock.advance(hours=13, minutes=59)  # 23:59 in the district
    with refused("limit_reached"):
        town.hold("lin")
    town.clock.advance(minutes=1)
    town.hold("lin")


def test_what_is_closed_is_refused_until_it_is_opened(town: Town) -> None:
    town.earn("lin", 100)
    hold = town.hold("lin")
    for subject in ("resident:lin", "merchant:teahouse", "clerk:wei", "offer:tea"):
        town.close(subject)
        assert not town.ledger.is_open(subject)
        with refused(f"{subject.partition(':')[0]}_closed"):
            town.capture(hold.id)
        town.gate(subject, True)
        assert town.ledger.is_open(subject)
    town.close("fund:civic")
    with refused("fund_closed"):
        town.earn("lin")
    town.capture(hold.id)


def test_a_merchant_outside_the_offer_cannot_capture(town: Town) -> None:
    town.earn("lin", 100)
    with refused("foreign_merchant"):
        town.capture(town.hold("lin").id, merchant="bakery")


def test_a_preview_answers_as_the_posting_would_and_writes_nothing(town: Town) -> None:
    town.earn("lin", 100)
    head = town.ledger.head()
    holding = town.holding("lin")
    foreseen = town.ledger.preview(holding)
    assert town.ledger.head() == head
    assert town.available() == 100
    assert town.ledger.post(holding) == foreseen
