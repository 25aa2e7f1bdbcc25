"""What was posted once is answered for good: time that has gone by since changes nothing about a repeated command."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

import pytest
import redis

from points.clock import FixedClock, SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Receipt
from points.ledger import transfer as t
from points.ledger.memory import MemoryLedger
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused


@pytest.fixture
def town(ledger: Ledger | MemoryLedger, clock: FixedClock) -> Town:
    return Town(ledger, clock).opened()


def _for_ten_minutes(town: Town, kind: str) -> t.Command:
    """A command that names a moment ten minutes ahead."""
    if kind == "earn":
        return town.earning("lin", 30, expires_at=town.now + timedelta(minutes=10))
    if kind == "hold":
        return town.holding("lin", minutes=10)
    return t.ReceiveAcross(town.id(), "lin", "370103", 20, town.now + timedelta(minutes=10), town.id())


@pytest.mark.parametrize("kind", ["earn", "hold", "receive_across"])
def test_a_command_repeated_after_its_date_gets_its_first_receipt(town: Town, clock: FixedClock, kind: str) -> None:
    town.earn("lin", 100)
    command = _for_ten_minutes(town, kind)
    first = town.ledger.post(command)
    clock.at += timedelta(hours=1)
    again = town.ledger.post(command)
    assert again.replayed
    assert (again.number, again.legs) == (first.number, first.legs)


@pytest.mark.parametrize("kind", ["earn", "hold", "receive_across"])
def test_a_command_that_comes_first_after_its_date_is_refused(town: Town, clock: FixedClock, kind: str) -> None:
    town.earn("lin", 100)
    command = _for_ten_minutes(town, kind)
    clock.at += timedelta(hours=1)
    before = town.ledger.head()
    with refused("bad_time") as found:
        town.ledger.post(command)
    assert town.ledger.head() == before
    assert found.value.details == {"field": "expires_at"}, "by the caller's clock, too"
    (answer,) = town.ledger.post_many([command])
    assert isinstance(answer, Refused)
    assert answer.details == {"field": "expires_at"}


class Nowhere(tzinfo):
    """A zone that does not say how far it is from UTC."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        return "nowhere"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1969, 12, 31, tzinfo=timezone.utc),  # noqa: UP017 - as callers write it
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-8))),
        datetime(2026, 11, 1, tzinfo=Nowhere()),
    ],
    ids=["before 1970", "past what a date can be", "of no zone"],
)
def test_a_time_that_cannot_be_counted_is_refused_before_the_ledger_is_asked(town: Town, moment: datetime) -> None:
    before = town.ledger.head()
    for command in (
        town.earning("lin", 30, deed_at=moment),
        town.earning("lin", 30, expires_at=moment),
        town.earning("lin", 30, opens_at=moment),
        t.SetOffer(town.id(), "tea", 30, ("teahouse",), moment, town.now + timedelta(days=1)),
        t.SetOffer(town.id(), "tea", 30, ("teahouse",), town.now, moment),
    ):
        with refused("bad_time"):
            town.ledger.post(command)
    assert town.ledger.head() == before


def test_an_id_of_the_last_days_there_are_is_refused_by_name(town: Town) -> None:
    last = "ffffffff-ffff-7fff-bfff-ffffffffffff"
    with refused("id_expired"):
        town.ledger.post(town.earning("lin", 30, id=last))


def _answers(found: list[Receipt | Refused]) -> list[str]:
    return [each.code if isinstance(each, Refused) else each.kind for each in found]


def test_what_must_be_asked_again_keeps_its_place_in_a_batch(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: FixedClock
) -> None:
    """The ledger stands past midnight, the caller a moment before it: the windows of the hold are no longer those."""
    town = Town(redis_ledger, clock).opened()
    town.earn("lin", 300)
    town.set_offer(limits=(t.PeriodLimit("day", 5),))
    evening = clock.at
    clock.at = clock.at.replace(hour=16, minute=0)  # midnight in Shanghai
    town.earn("lin", 1)
    clock.at -= timedelta(milliseconds=50)
    assert clock.at > evening
    commands: list[t.Command] = []
    for _ in range(130):  # more than one run of the script
        hold = town.holding("lin") if len(commands) in (98, 99) else None
        commands.append(hold or town.earning("lin", 1))
        if hold is not None:
            commands.append(town.capturing(hold.id))
    wanted = ["capture" if isinstance(c, t.Capture) else "hold" if isinstance(c, t.Hold) else "earn" for c in commands]
    assert "capture" in wanted
    found = redis_ledger.post_many(commands)
    assert _answers(found) == wanted
    numbers = [each.number for each in found if isinstance(each, Receipt)]
    assert numbers == sorted(numbers)


def test_time_does_nothing_while_the_ledger_is_ahead_of_its_server(redis_client: redis.Redis) -> None:
    now = SystemClock().now()
    ahead = Ledger(redis_client, DISTRICT, FixedClock(now + timedelta(days=20)), skew_limit_seconds=None)
    usual = Ledger(redis_client, DISTRICT, SystemClock())
    ahead.post(t.TopUp(new_id(now), "civic", 100))
    usual.post(t.Earn(new_id(now), "lin", "civic", 40, now, now + timedelta(days=30)))
    assert usual.head().number == 2
    ahead_still = Ledger(redis_client, DISTRICT, FixedClock(now + timedelta(days=40)), skew_limit_seconds=None)
    ahead_still.post(t.TopUp(new_id(now + timedelta(days=20)), "civic", 100))
    assert usual.sweep() == 0
    assert (usual.head().number, usual.account("resident:lin")) == (3, 40)
    assert ahead_still.sweep() == 1
