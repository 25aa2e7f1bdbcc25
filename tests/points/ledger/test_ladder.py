"""The ladder of refusals: one row a rung, in order. Each climb begins with all wrong and mends one thing a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import redis

from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Awaited, Client, Ledger, Tray, owner_of
from points.ledger import transfer as t
from points.ledger.refusals import LADDER
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town

ORDER = [rung.code for rung in LADDER]
KNOWN_ELSEWHERE = {"not_due", "not_yet_durable"}
"""A sweep's own rung, and the one after the entry: tested below."""


@dataclass
class Climb:
    """A command that is mended row by row, on a ledger that is mended with it."""

    town: Town
    client: Client
    command: Any = None
    used: str = ""

    def ledger(self, skew: float | None) -> None:
        self.town.ledger = Ledger(self.client, DISTRICT, self.town.clock, skew_limit_seconds=skew)

    def change(self, **fields: object) -> None:
        self.command = replace(self.command, **fields)

    def head(self, state: str, run: str, knows: tuple[int, int] | None = None) -> None:
        """Write the ledger's head; and let who asks know of that number in that epoch."""
        if knows is not None:
            self.ledger(skew=1)
            self.town.ledger._seen.reached(*knows)
        key = f"{{d:{DISTRICT}}}:head"
        server = owner_of(self.client, key)
        parts = server.get(key).decode().split("\t")
        server.set(key, "\t".join([*parts[:3], state, run, parts[5]]))

    def fresh(self) -> None:
        self.change(id=self.town.id())


@pytest.fixture
def climb(client: Client, clock: FixedClock) -> Climb:
    town = Town(Ledger(client, DISTRICT, clock, skew_limit_seconds=None), clock)
    town.top_up(100_000)
    return Climb(town, client)


Row = tuple[str, Callable[[Climb], object]]


def of_hold(c: Climb) -> list[Row]:
    """A hold that everything is wrong with; torn and closed come before even the existing id."""
    town = c.town
    old = new_id(town.now - timedelta(days=40))
    c.command = t.Hold(town.id(), "lin", "tea", 50_000, town.now + timedelta(minutes=5))
    town.ledger.post(t.TopUp(c.command.id, "civic", 1))
    c.head("torn", "elsewhere")
    c.ledger(skew=1)
    ahead, ago = town.now + timedelta(days=1), town.now - timedelta(days=1)
    day = (t.PeriodLimit("day", 1),)

    def offer(price: int = 30, **other: Any) -> None:
        c.ledger(skew=None)
        town.set_offer(price=price, **other)

    def unknown() -> None:
        c.ledger(skew=None)
        town.close("resident:lin")
        town.close("offer:tea")

    return [
        ("ledger_torn", lambda c: c.head("open", "elsewhere")),
        ("ledger_closed", lambda c: c.head("open", "", knows=(0, 1))),
        ("ledger_epoch", lambda c: c.head("open", "", knows=(99, 0))),
        ("ledger_lacks", lambda c: c.ledger(skew=1)),
        ("id_reused", lambda c: c.change(id=old)),
        ("id_expired", lambda c: c.fresh()),
        ("clock_skew", lambda c: unknown()),
        ("offer_unknown", lambda c: offer(starts_at=ahead, limits=day)),
        ("resident_closed", lambda c: town.gate("resident:lin", True)),
        ("offer_closed", lambda c: town.gate("offer:tea", True)),
        ("offer_not_started", lambda c: offer(starts_at=ago - timedelta(days=1), ends_at=ago, limits=day)),
        ("offer_ended", lambda c: offer(limits=day)),
        ("over_ceiling", lambda c: c.change(quantity=2)),
        ("out_of_stock", lambda c: town.adjust_stock(5)),
        ("limit_reached", lambda c: c.change(quantity=1)),
        ("insufficient_points", lambda c: town.earn("lin", 30)),
    ]


def of_capture(c: Climb) -> list[Row]:
    town = c.town
    town.set_offer()
    town.adjust_stock(10)
    town.earn("lin", 90)
    captured = town.hold("lin").id
    town.capture(captured)
    released = town.hold("lin").id
    town.release(released)
    late = town.hold("lin", minutes=1).id
    good = town.hold("lin", minutes=15).id
    town.clock.advance(minutes=2)
    for subject in ("resident:lin", "merchant:bakery", "clerk:wei", "offer:tea"):
        town.close(subject)
    c.command = t.Capture(town.id(), town.id(), "bakery", "wei", 31)
    return [
        ("hold_unknown", lambda c: c.change(hold=captured)),
        ("resident_closed", lambda c: town.gate("resident:lin", True)),
        ("merchant_closed", lambda c: town.gate("merchant:bakery", True)),
        ("clerk_closed", lambda c: town.gate("clerk:wei", True)),
        ("offer_closed", lambda c: town.gate("offer:tea", True)),
        ("foreign_merchant", lambda c: c.change(merchant="teahouse")),
        ("hold_captured", lambda c: c.change(hold=released)),
        ("hold_released", lambda c: c.change(hold=late)),
        ("hold_timed_out", lambda c: c.change(hold=good)),
        ("over_hold", lambda c: c.change(amount=30)),
    ]


def of_earn(c: Climb) -> list[Row]:
    town = c.town
    town.close("resident:lin")
    town.close("fund:small")
    c.command = town.earning("lin", 10, fund="small", days=1)
    # the ledger's own time is later than this caller's, and later than the grant's last day
    town.clock.advance(days=2)
    town.earn("mei", 1)
    town.clock.advance(days=-2)
    return [
        ("resident_closed", lambda c: town.gate("resident:lin", True)),
        ("fund_closed", lambda c: town.gate("fund:small", True)),
        ("bad_time", lambda c: c.change(expires_at=town.now + timedelta(days=9))),
        ("fund_short", lambda c: town.top_up(10, "small")),
    ]


def of_reverse(c: Climb) -> list[Row]:
    town = c.town
    undone, good = town.earn("lin", 5), town.earn("lin", 5)
    town.reverse(undone.id)
    c.command = t.Reverse(town.id(), town.id(), "twice", ("zhou", "qian"))
    return [
        ("earning_unknown", lambda c: c.change(earning=undone.id)),
        ("already_reversed", lambda c: c.change(earning=good.id)),
    ]


def of_refund(c: Climb) -> list[Row]:
    town = c.town
    town.set_offer()
    town.adjust_stock(10)
    town.earn("lin", 30)
    capture = town.capture(town.hold("lin").id)
    town.settle(30)
    c.command = t.Refund(town.id(), town.id(), "zhou", "broken", 31)
    return [
        ("capture_unknown", lambda c: c.change(capture=capture.id)),
        ("over_capture", lambda c: c.change(amount=30)),
        ("merchant_short", lambda c: _sell(town, 30)),
    ]


def _sell(town: Town, amount: int) -> None:
    town.earn("mei", amount)
    town.capture(town.hold("mei").id)


def of_receive(c: Climb) -> list[Row]:
    town = c.town
    sent, until = town.id(), town.now + timedelta(days=1)
    town.ledger.post(t.ReceiveAcross(town.id(), "mei", "370102", 10, until, sent))
    town.close("resident:lin")
    c.command = t.ReceiveAcross(town.id(), "lin", "370102", 10, until, sent)
    town.clock.advance(days=2)
    town.earn("mei", 1)
    town.clock.advance(days=-2)
    return [
        ("resident_closed", lambda c: town.gate("resident:lin", True)),
        ("already_received", lambda c: c.change(sent=town.id())),
        ("bad_time", lambda c: c.change(expires_at=until + timedelta(days=9))),
    ]


def of_stock(c: Climb) -> list[Row]:
    c.command = t.AdjustStock(c.town.id(), "tea", -1)
    return [
        ("offer_unknown", lambda c: c.town.set_offer()),
        ("stock_short", lambda c: c.town.adjust_stock(1)),
    ]


CLIMBS = [of_hold, of_capture, of_earn, of_reverse, of_refund, of_receive, of_stock]
climbed: set[str] = set()


@pytest.mark.parametrize("of", CLIMBS)
def test_refusals_come_in_the_order_of_the_ladder(climb: Climb, of: Callable[[Climb], list[Row]]) -> None:
    rows = of(climb)
    for code, mend in rows:
        with pytest.raises(Refused) as refused:
            climb.town.ledger.post(climb.command)
        assert refused.value.code == code
        climbed.add(code)
        mend(climb)
    assert not climb.town.ledger.post(climb.command).replayed
    places = [ORDER.index(code) for code, _ in rows]
    assert places == sorted(places)


def test_every_rung_has_its_row() -> None:
    if len(climbed) < 10:
        pytest.skip("needs the climbs above to have run in this process")
    assert set(ORDER) - climbed == KNOWN_ELSEWHERE


def test_every_refusal_says_in_two_languages_what_is_the_matter() -> None:
    for rung in LADDER:
        assert rung.zh != rung.en
        assert len(rung.zh) >= 4
        assert rung.en.endswith(".")


class SlowJournal:
    """Has what is handed in for the third time."""

    def __init__(self) -> None:
        self.asked, self.left, self.piles = list[int](), list[int](), list[int]()

    def tray(self) -> Tray:
        return self

    def hand_in(self, answers: Sequence[Awaited]) -> None:
        self.piles.append(len(answers))
        for each in answers:
            self.asked.append(each.number)
            if len(self.asked) > 2:
                each.tell(True)

    def let_go(self, answer: Awaited) -> None:
        self.left.append(answer.number)

    def has(self, text: str) -> bool:
        raise AssertionError(f"nobody is in a transaction: {text}")


def test_an_entry_the_journal_does_not_have_yet_is_answered_as_not_yet_durable(
    redis_client: redis.Redis, clock: FixedClock
) -> None:
    journal = SlowJournal()
    ledger = Ledger(
        redis_client, DISTRICT, clock, skew_limit_seconds=None, level="journal", journal=journal, wait_seconds=0.1
    )
    command = t.TopUp(new_id(clock.now()), "civic", 5)
    for _ in range(2):  # the repeated request waits for its level like the first
        with pytest.raises(Refused) as refused:
            ledger.post(command)
        assert (refused.value.code, refused.value.kind.retry) == ("not_yet_durable", True)
    assert ledger.post(command).replayed
    assert (journal.asked, journal.left) == ([1, 1, 1], [1, 1])
    assert ledger.account("fund:civic") == 5
    many = [command, *(t.TopUp(new_id(clock.now()), "civic", 1) for _ in range(3))]
    answers = ledger.post_many([*many, replace(many[1], amount=2)])
    assert [getattr(each, "number", 0) for each in answers] == [1, 2, 3, 4, 0]
    assert journal.asked[3:] == [1, 2, 3, 4]
    assert journal.piles == [1, 1, 1, 4]  # a batch is handed in at once
