"""What must leave is written with its cause, delivered after the commit, and repeated until it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from backend.kit import outbox, pace
from backend.kit.clock import now
from backend.kit.db import db, rows, transaction
from backend.kit.outbox import Outgoing
from points.clock import FixedClock
from points.errors import Category, Kind
from tests.app import DISTRICT

KIND = "tests.delivery"
AWAY = Kind("receiver_away", Category.UNAVAILABLE, zh="对方不在。", en="The receiver is away.", retry=True)


class Receiver:
    """Takes deliveries, or does what it is told instead; notes each in the books."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.then: Callable[[], None] = lambda: None

    def take(self, district: str, payload: dict[str, Any]) -> None:
        pace.count_one(district, "receiver", "delivery", most=1000, refusal=AWAY)
        self.then()
        self.got.append(payload)

    def note(self, district: str, payload: dict[str, Any], problem: str) -> None:
        self.problems.append(problem)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setitem(outbox._HANDLERS, KIND, made.take)
    monkeypatch.setitem(outbox._NOTES, KIND, made.note)
    return made


def send(payload: dict[str, Any] | None = None, **options: Any) -> None:
    with transaction():
        outbox.send(DISTRICT, KIND, payload or {"n": 1}, **options)


def row() -> Outgoing:
    db.session.rollback()
    query = rows(Outgoing, DISTRICT).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def booked() -> int:
    return pace.done_today(DISTRICT, "receiver", "delivery")


def refuse() -> None:
    raise AWAY()


def fail() -> None:
    raise ZeroDivisionError("a bug of the receiver")


def test_it_is_delivered_right_after_the_commit_and_not_before(app: Flask, receiver: Receiver) -> None:
    with transaction():
        outbox.send(DISTRICT, KIND, {"n": 1})
        assert receiver.got == []
    assert receiver.got == [{"n": 1}]
    assert (row().done_at, row().problem, outbox.waiting()) == (now(), None, 0)
    assert outbox.deliver_due() == 0


def test_what_is_rolled_back_is_never_sent(app: Flask, receiver: Receiver) -> None:
    def cut() -> None:
        with transaction():
            outbox.send(DISTRICT, KIND, {"n": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cut()
    assert (receiver.got, outbox.waiting()) == ([], 0)


def test_what_nobody_delivers_cannot_be_sent(app: Flask) -> None:
    with pytest.raises(ValueError, match="nobody delivers"), transaction():
        outbox.send(DISTRICT, "no such kind", {})
    assert outbox.waiting() == 0


def test_what_is_due_later_is_delivered_later(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    send(due_at=now() + timedelta(hours=1))
    assert (receiver.got, outbox.deliver_due()) == ([], 0)
    clock.advance(hours=1)
    assert (outbox.deliver_due(), receiver.got) == (1, [{"n": 1}])


@pytest.mark.parametrize(("then", "problem"), [(refuse, "receiver_away"), (fail, "fault")])
def test_a_delivery_that_does_not_succeed_is_undone_told_and_tried_again(
    app: Flask, receiver: Receiver, clock: FixedClock, then: Callable[[], None], problem: str
) -> None:
    receiver.then = then
    send()
    assert (row().done_at, row().tries, row().problem) == (None, 1, problem)
    assert (booked(), receiver.problems) == (0, [problem])
    receiver.then = lambda: None
    assert outbox.deliver_due() == 0, "not at once"
    clock.advance(minutes=5)
    assert outbox.deliver_due() == 1
    assert (receiver.got, booked(), row().problem) == ([{"n": 1}], 1, None)


def test_the_waits_between_tries_grow_to_five_minutes(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    receiver.then = refuse
    send()
    waits = []
    for _ in range(8):
        waits.append((row().due_at - now()).total_seconds())
        clock.at = row().due_at
        outbox.deliver_due()
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1, 300)


def test_one_that_fails_does_not_stop_the_others(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    later = now() + timedelta(minutes=1)
    for number in range(3):
        send({"n": number}, due_at=later + timedelta(seconds=number))
    clock.advance(minutes=2)
    receiver.then = lambda: fail() if len(receiver.got) == 0 and not receiver.problems else None
    assert outbox.deliver_due() == 2
    assert [payload["n"] for payload in receiver.got] == [1, 2]
    assert outbox.waiting() == 1


def test_a_claimed_delivery_whose_worker_died_is_tried_again(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    class KilledError(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def die() -> None:
        raise KilledError

    receiver.then = die
    with pytest.raises(KilledError):
        send()
    assert (row().done_at, booked(), outbox.deliver_due()) == (None, 0, 0)
    receiver.then = lambda: None
    clock.advance(seconds=30)
    assert (outbox.deliver_due(), booked()) == (1, 1)


def test_ten_workers_deliver_each_thing_once(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    for number in range(20):
        send({"n": number}, due_at=now() + timedelta(seconds=1))
    clock.advance(seconds=2)

    def work(_: int) -> int:
        with app.app_context():
            return outbox.deliver_due()

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(work, range(10))) == 20
    assert sorted(payload["n"] for payload in receiver.got) == list(range(20))
    assert (booked(), outbox.waiting()) == (20, 0)


def test_a_pass_takes_no_more_than_its_limit_and_the_oldest_first(
    app: Flask, receiver: Receiver, clock: FixedClock
) -> None:
    for number in (3, 1, 2):
        send({"n": number}, due_at=now() + timedelta(seconds=number))
    clock.advance(seconds=10)
    assert outbox.deliver_due(limit=2) == 2
    assert [payload["n"] for payload in receiver.got] == [1, 2]


def test_what_seems_to_wait_for_days_was_written_while_the_clocks_were_ahead_and_is_due(
    app: Flask, receiver: Receiver, clock: FixedClock
) -> None:
    clock.advance(days=2)
    receiver.then = refuse
    send()
    clock.advance(days=-2)
    receiver.then = lambda: None
    assert outbox.deliver_due() == 1
    assert row().done_at == clock.now()


def test_nothing_can_be_sent_for_another_day(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="waits so long"):
        send(due_at=clock.now() + timedelta(days=1))
