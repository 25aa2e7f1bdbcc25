"""The contract of ids: the same id with the same content answers the first receipt, and never posts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Receipt
from points.ledger import refusals as no
from points.ledger import transfer as t
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


def test_answers_of_many_batches_stand_in_the_order_of_their_commands(town: Town) -> None:
    """A command may end what the batch before it began, while that is under way."""
    grants = [town.earning(f"r{number % 7}", 5) for number in range(130)]
    bad = replace(town.earning("lin", 5), amount=0)
    undone = [t.Reverse(town.id(), grant.id, "twice", ("zhou", "qian")) for grant in grants[::13]]
    asked = [*grants[:40], bad, *grants[40:], *undone, *grants]
    answers = town.ledger.post_many(asked)
    assert [getattr(answer, "id", "refused") for answer in answers] == [
        "refused" if each is bad else each.id for each in asked
    ]
    assert isinstance(answers[40], Refused)
    assert [answer.replayed for answer in answers[-130:] if isinstance(answer, Receipt)] == [True] * 130
    assert sum(town.available(f"r{number}") for number in range(7)) == 5 * (130 - len(undone))


def test_when_a_batch_cannot_be_asked_those_after_it_are_not(redis_ledger: Ledger, clock: FixedClock) -> None:
    town = Town(redis_ledger, clock).opened()
    before, run, runs = town.ledger.head().number, redis_ledger._run, count(1)

    def second_is_lost(*asked: Any) -> list[str]:
        if next(runs) == 2:
            raise no.LEDGER_UNREACHABLE()
        return run(*asked)

    redis_ledger._run = second_is_lost
    grants = [town.earning(f"r{number}", 5) for number in range(450)]
    with refused("ledger_unreachable"):
        town.ledger.post_many(grants)
    assert town.ledger.head().number == before + 100
    assert len([each for each in town.ledger.post_many(grants) if isinstance(each, Receipt)]) == 450
    assert town.ledger.head().number == before + 450


def test_nothing_at_all_may_be_posted(town: Town) -> None:
    assert town.ledger.post_many([]) == []
