"""In a batch, a command under a taken id says nothing about what that id names to the commands behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from points.ledger import Receipt
from points.ledger import transfer as t
from tests.points.ledger.town import Town


def answers(town: Town, *commands: t.Command) -> list[str]:
    posted = town.ledger.post_many(list(commands))
    return [answer.kind if isinstance(answer, Receipt) else answer.code for answer in posted]


def undoing(town: Town, grant: str) -> t.Reverse:
    return t.Reverse(town.id(), grant, "wrong", ("zhou", "qian"))


def test_a_refund_goes_to_whom_the_hold_took_from(town: Town) -> None:
    town.earn("lin", 100)
    town.earn("mei", 50)
    hold = town.hold("lin")
    captured = town.capture(hold.id)
    reused = t.Hold(hold.id, "mei", "tea", 1, town.now + timedelta(minutes=15))
    refund = t.Refund(town.id(), captured.id, "zhou", "broken")
    assert answers(town, reused, refund) == ["id_reused", "refund"]
    assert [town.ledger.balance(who).available for who in ("lin", "mei")] == [100, 50]


def test_a_grant_that_waits_is_undone_though_it_was_named_as_one_that_does_not(town: Town) -> None:
    now = town.now
    grant = t.Earn(town.id(), "lin", "civic", 10, now, now + timedelta(days=5), now + timedelta(days=1))
    town.ledger.post(grant)
    assert answers(town, t.Earn(grant.id, "lin", "civic", 10, now, grant.expires_at), undoing(town, grant.id)) == [
        "id_reused",
        "reverse",
    ]
    town.clock.advance(days=2)
    town.ledger.sweep()
    assert (town.ledger.balance("lin").available, town.ledger.balance("lin").pending) == (0, 0)


CAPS = (t.Cap("acts", 100), t.Cap("month", 100))


@pytest.mark.parametrize("named", [(), CAPS[:1], (t.Cap("other", 9), t.Cap("others", 9)), CAPS[::-1]])
def test_an_undoing_gives_room_back_to_the_caps_of_its_grant(town: Town, named: tuple[t.Cap, ...]) -> None:
    now = town.now
    grant = t.Earn(town.id(), "lin", "civic", 10, now, now + timedelta(days=5), None, CAPS)
    town.ledger.post(grant)
    reused = t.Earn(grant.id, "lin", "civic", 9, now, grant.expires_at, None, named)
    later = t.TopUp(town.id(), "civic", 5)
    assert answers(town, reused, undoing(town, grant.id), later) == ["id_reused", "reverse", "top_up"]
    assert [town.ledger.counted(cap) for cap in ("acts", "month", "other", "others")] == [0, 0, 0, 0]
