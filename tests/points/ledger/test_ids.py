"""The contract of ids: the same id with the same content answers the first receipt, and never posts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from points.errors import Refused
from points.ids import new_id
from tests.points.ledger.town import Town, refused


def test_the_same_id_with_the_same_content_answers_the_first_receipt(town: Town) -> None:
    earning = town.earning("lin", 100)
    first = town.ledger.post(earning)
    town.clock.advance(minutes=5)
    again = town.ledger.post(earning)
    assert again == replace(first, replayed=True)
    assert town.ledger.receipt(earning.id) == again
    assert town.available() == 100


def test_the_same_id_with_other_content_is_refused(town: Town) -> None:
    earning = town.earning("lin", 100)
    town.ledger.post(earning)
    with refused("id_reused"):
        town.ledger.post(replace(earning, amount=99))
    with refused("id_reused"):
        town.ledger.post(replace(town.holding("lin"), id=earning.id))


def test_a_refused_id_may_be_used_again(town: Town) -> None:
    holding = town.holding("lin")
    with refused("insufficient_points"):
        town.ledger.post(holding)
    town.earn("lin", 100)
    assert not town.ledger.post(holding).replayed


def test_an_unknown_id_below_the_floor_or_a_day_ahead_is_never_posted(town: Town) -> None:
    for days in (-31, 2):
        with refused("id_expired"):
            town.ledger.post(town.earning(id=new_id(town.now + timedelta(days=days))))
    old = town.earning(id=new_id(town.now - timedelta(days=29)))
    first = town.ledger.post(old)
    town.clock.advance(days=40)
    assert town.ledger.post(replace(old)).number == first.number  # known ids answer for as long as they are known


def test_the_ledgers_time_never_goes_back(town: Town) -> None:
    town.clock.advance(days=3)
    later = town.earn("lin")
    town.clock.advance(days=-2)
    assert town.earn("lin").at == later.at


def test_many_commands_are_answered_in_their_order(town: Town) -> None:
    town.earn("lin", 50)
    hold = town.holding("lin")
    short = town.holding("lin")
    earning = town.earning("lin", 10)
    answers = town.ledger.post_many(
        [hold, short, town.capturing(hold.id), earning, earning, replace(earning, amount=5), town.capturing(hold.id)]
    )
    told = [answer.code if isinstance(answer, Refused) else answer.kind for answer in answers]
    assert told == ["hold", "insufficient_points", "capture", "earn", "earn", "id_reused", "hold_captured"]
    assert town.available() == 30
    assert [answer.number for answer in answers if not isinstance(answer, Refused)] == [5, 6, 7, 7]


def test_nothing_at_all_may_be_posted(town: Town) -> None:
    assert town.ledger.post_many([]) == []
