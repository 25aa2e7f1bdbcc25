"""The contract of refunds, and of points that travel between districts."""

from __future__ import annotations

from datetime import timedelta

from points.ledger import Leg
from points.ledger import transfer as t
from tests.points.ledger.town import Town, refused


def test_a_refund_gives_points_back_to_their_lots(town: Town) -> None:
    town.earn("lin", 20, days=10)
    town.earn("lin", 20, days=20)
    before = town.ledger.balance("lin")
    capture = town.capture(town.hold("lin").id)
    with refused("over_capture"):
        town.refund(capture.id, 31)
    half = town.refund(capture.id, 15)
    assert half.legs == (Leg("merchant:teahouse", -15, 15), Leg("resident:lin", 15, 25))
    assert half.data["refundable"] == 15
    assert town.ledger.balance("lin").expiring == (
        (town.now + timedelta(days=10), 5),
        (town.now + timedelta(days=20), 20),
    )
    town.refund(capture.id)
    assert town.ledger.balance("lin") == before
    with refused("over_capture"):
        town.refund(capture.id)


def test_refunded_points_past_their_date_live_seven_more_days_once(town: Town) -> None:
    town.earn("lin", 60, days=1)
    first, second, third = (town.capture(town.hold("lin", 1, offer).id) for offer in _cups(town, 3, 20))
    town.clock.advance(days=2)
    town.refund(first.id)
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=7), 20),)
    town.clock.advance(days=3)
    town.refund(second.id)  # the lot is alive again: no new seven days
    assert town.ledger.balance("lin").expiring == ((town.now + timedelta(days=4), 40),)
    town.clock.advance(days=4)
    assert town.available() == 0
    assert town.refund(third.id).legs == (Leg("merchant:teahouse", -20, 0), Leg("fund:civic", 20, 99_960))
    assert town.sweep() == 1
    assert town.ledger.account("fund:civic") == 100_000


def _cups(town: Town, count: int, price: int) -> list[str]:
    town.set_offer("cup", price)
    town.adjust_stock(count, "cup")
    return ["cup"] * count


def test_a_refund_to_a_closed_lot_goes_to_its_fund(town: Town) -> None:
    grant = town.earn("lin", 30)
    capture = town.capture(town.hold("lin").id)
    town.reverse(grant.id)
    assert town.refund(capture.id).legs == (Leg("merchant:teahouse", -30, 0), Leg("fund:civic", 30, 100_000))


def test_a_settled_merchant_has_nothing_to_refund_from(town: Town) -> None:
    town.earn("lin", 30)
    capture = town.capture(town.hold("lin").id)
    town.settle(30)
    with refused("merchant_short"):
        town.refund(capture.id)


def test_points_travel_through_the_clearing_account(town: Town) -> None:
    town.earn("lin", 100)
    sent = town.ledger.post(t.SendAcross(town.id(), "lin", "370102", 40))
    assert sent.legs == (Leg("resident:lin", -40, 60), Leg("clearing:370102", 40, 40))
    with refused("insufficient_points"):
        town.ledger.post(t.SendAcross(town.id(), "lin", "370102", 61))


def test_points_that_arrive_are_a_lot_of_their_own_and_arrive_once(town: Town) -> None:
    sent = town.id()
    until = town.now + timedelta(days=30)
    receipt = town.ledger.post(t.ReceiveAcross(town.id(), "lin", "370102", 40, until, sent))
    assert receipt.legs == (Leg("clearing:370102", -40, -40), Leg("resident:lin", 40, 40))
    with refused("already_received"):
        town.ledger.post(t.ReceiveAcross(town.id(), "lin", "370102", 40, until, sent))
    town.clock.advance(days=30)
    town.sweep()
    assert town.ledger.account("clearing:370102") == 0
