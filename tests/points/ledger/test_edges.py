"""The contract at its edges: the last point below a ceiling, the very moment, one point, two changes in one batch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from points.amounts import CEILING
from points.clock import FixedClock
from points.errors import Refused
from points.ledger import Ledger, Leg, Receipt
from points.ledger import transfer as t
from points.ledger.memory import MemoryLedger
from tests.points.ledger.town import Town, refused


def _receive(town: Town, resident: str, amount: int, district: str = "370102", days: int = 30) -> Receipt:
    until = town.now + timedelta(days=days)
    return town.ledger.post(t.ReceiveAcross(town.id(), resident, district, amount, until, town.id()))


def _send(town: Town, resident: str, amount: int, district: str = "370102") -> Receipt:
    return town.ledger.post(t.SendAcross(town.id(), resident, district, amount))


def test_all_money_that_ever_came_in_stays_below_the_ceiling(town: Town) -> None:
    room = CEILING - 1 - 100_000
    with refused("over_ceiling"):
        town.top_up(room + 1)
    town.top_up(room)
    with refused("over_ceiling"):
        town.top_up(1)


def test_a_stock_stays_below_the_ceiling(town: Town) -> None:
    with refused("over_ceiling"):
        town.adjust_stock(CEILING - 10)
    assert town.adjust_stock(CEILING - 11).data["stock"] == CEILING - 1
    assert town.adjust_stock(-CEILING + 1).data["stock"] == 0


def test_who_is_closed_neither_sends_nor_receives(town: Town) -> None:
    town.earn("lin", 10)
    town.close("resident:lin")
    with refused("resident_closed"):
        _send(town, "lin", 1)
    with refused("resident_closed"):
        _receive(town, "lin", 1)
    town.gate("resident:lin", True)
    _send(town, "lin", 1)
    _receive(town, "lin", 1)


def test_a_time_that_the_ledger_has_reached_is_over_also_for_a_caller_whose_clock_is_behind(town: Town) -> None:
    town.earn("lin", 100)
    town.clock.advance(days=1)
    town.top_up(1)
    town.clock.advance(days=-1)
    with refused("bad_time"):
        town.hold("lin", minutes=24 * 60)
    with refused("bad_time"):
        town.earn("lin", 1, days=1)
    with refused("bad_time"):
        _receive(town, "lin", 1, days=1)
    town.hold("lin", minutes=24 * 60 + 1)
    later = timedelta(days=1, milliseconds=1)
    town.earn("lin", 1, expires_at=town.now + later)
    assert town.earn("lin", 7, opens_at=town.now + timedelta(days=1)).legs[1].account == "resident:lin"


def test_a_single_point_is_captured_refunded_and_spent(town: Town) -> None:
    town.earn("lin", 1, days=1)
    town.earn("lin", 40, days=2)
    hold = town.hold("lin")
    captured = town.capture(hold.id, amount=1)
    assert captured.legs[:2] == (Leg("held", -30, 0), Leg("merchant:teahouse", 1, 1))
    assert town.refund(captured.id).legs == (Leg("merchant:teahouse", -1, 0), Leg("resident:lin", 1, 41))
    assert town.ledger.balance("lin").expiring[0][1] == 1


def test_a_refund_of_one_point_to_a_lot_past_its_date(town: Town) -> None:
    town.earn("lin", 30, days=1)
    captured = town.capture(town.hold("lin").id)
    town.clock.advance(days=2)
    assert town.refund(captured.id, 1).legs[1] == Leg("resident:lin", 1, 1)
    assert town.available() == 1


def test_a_part_that_is_not_refunded_yet_keeps_its_seven_days(town: Town) -> None:
    town.earn("lin", 10, days=1)
    town.earn("lin", 20, days=2)
    captured = town.capture(town.hold("lin").id)
    town.clock.advance(days=3)
    town.refund(captured.id, 20)
    town.clock.advance(days=2)
    town.refund(captured.id, 10)
    now = town.now
    assert town.ledger.balance("lin").expiring == ((now + timedelta(days=5), 20), (now + timedelta(days=7), 10))


def test_undoing_a_grant_of_one_point_gives_its_room_back(town: Town) -> None:
    caps = (t.Cap("acts.daily:lin", 1), t.Cap("acts.all", 5))
    grant = town.earn("lin", 1, caps=caps)
    assert (town.ledger.counted("acts.daily:lin"), town.ledger.counted("acts.all")) == (1, 1)
    nothing = town.earn("lin", 1, caps=caps)
    assert nothing.amount == 0
    town.reverse(grant.id)
    assert (town.ledger.counted("acts.daily:lin"), town.ledger.counted("acts.all")) == (0, 0)
    assert town.reverse(nothing.id).amount == 0
    assert town.ledger.counted("acts.all") == 0


def test_a_hold_released_in_the_batch_that_undid_its_grant_goes_to_the_fund(town: Town) -> None:
    grant = town.earn("lin", 100)
    hold = town.hold("lin")
    undo = t.Reverse(town.id(), grant.id, "wrong", ("zhou", "qian"))
    answers = town.ledger.post_many([undo, t.Release(town.id(), hold.id)])
    assert isinstance(answers[1], Receipt)
    assert answers[1].legs == (Leg("held", -30, 0), Leg("fund:civic", 30, 100_000))


def test_a_refund_in_the_batch_that_undid_its_grant_goes_to_the_fund(town: Town) -> None:
    grant = town.earn("lin", 30)
    captured = town.capture(town.hold("lin").id)
    undo = t.Reverse(town.id(), grant.id, "wrong", ("zhou", "qian"))
    answers = town.ledger.post_many([undo, t.Refund(town.id(), captured.id, "zhou", "broken")])
    assert isinstance(answers[1], Receipt)
    assert answers[1].legs[1] == Leg("fund:civic", 30, 100_000)


def test_a_batch_sees_what_it_has_done_itself(town: Town) -> None:
    cap = (t.Cap("day", 50),)
    earning = [town.earning("lin", 30, caps=cap) for _ in range(3)]
    hold = town.holding("lin")
    ends: list[t.Command] = [town.capturing(hold.id), t.Release(town.id(), hold.id), earning[0]]
    undoing = t.Reverse(town.id(), earning[1].id, "wrong", ("zhou", "qian"))
    again = t.Reverse(town.id(), earning[1].id, "wrong", ("zhou", "qian"))
    answers = town.ledger.post_many([*earning, hold, *ends, undoing, again])
    told = [each.code if isinstance(each, Refused) else (each.amount, each.replayed) for each in answers]
    assert told == [
        (30, False),
        (20, False),
        (0, False),
        (30, False),
        (30, False),
        "hold_captured",
        (30, True),
        (20, False),
        "already_reversed",
    ]
    assert town.ledger.counted("day") == 30


@pytest.mark.parametrize(("lots", "entries"), [(50, 1), (51, 2)])
def test_fifty_lots_expire_in_one_entry(town: Town, lots: int, entries: int) -> None:
    """The last of them in the millisecond of its date."""
    soon = [town.now + timedelta(hours=1, minutes=minutes) for minutes in range(lots)]
    town.ledger.post_many(town.earning("lin", 1, expires_at=each) for each in soon)
    town.clock.at = soon[-1]
    assert town.sweep() == entries
    assert town.ledger.account("resident:lin") == 0
    assert town.ledger.account("fund:civic") == 100_000


def _gate(town: Town, is_open: bool) -> t.SetGate:
    return t.SetGate(town.id(), "resident:lin", is_open, "checked", "zhou")


def test_a_batch_sees_the_gates_that_it_has_closed_and_opened_itself(town: Town) -> None:
    one = [town.earning("lin", 1) for _ in range(4)]
    gates = [_gate(town, False), _gate(town, True), _gate(town, False)]
    answers = town.ledger.post_many([one[0], gates[0], one[1], gates[1], one[2], gates[2], one[3]])
    assert [each.code for each in answers if isinstance(each, Refused)] == ["resident_closed", "resident_closed"]
    assert (isinstance(answers[2], Refused), isinstance(answers[6], Refused)) == (True, True)
    assert town.available() == 2


def test_a_gate_that_the_very_first_entry_closed_is_closed(ledger: Ledger | MemoryLedger, clock: FixedClock) -> None:
    town = Town(ledger, clock)
    closed, refused_too = town.ledger.post_many([_gate(town, False), town.earning("lin", 1)])
    assert isinstance(closed, Receipt)
    assert closed.number == 1
    assert isinstance(refused_too, Refused)
    assert refused_too.code == "resident_closed"
    with refused("resident_closed"):
        town.earn("lin", 1)
