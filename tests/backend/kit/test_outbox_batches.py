"""Where much of one kind waits, it is delivered together; nothing is lost or done twice for that."""

from __future__ import annotations

from collections.abc import Iterator
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
from points.errors import Category, Kind, Refused
from tests.app import DISTRICT

KIND, OTHER = "tests.many", "tests.one"
AWAY = Kind("receiver_away", Category.UNAVAILABLE, zh="对方不在。", en="The receiver is away.", retry=True)


class Receiver:
    """Takes many at once, or one; refuses, or fails on, the numbers it is told."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []
        self.alone: list[int] = []
        self.refuses: set[int] = set()
        self.fails_on: set[int] = set()
        self.is_away = False

    def take_many(self, district: str, payloads: list[dict[str, Any]]) -> list[Refused | None]:
        numbers = [payload["n"] for payload in payloads]
        if self.is_away:
            raise AWAY()
        for number in numbers:
            self._note(district, number)
        self.together.append(numbers)
        return [AWAY() if number in self.refuses else None for number in numbers]

    def take(self, district: str, payload: dict[str, Any]) -> None:
        self._note(district, payload["n"])
        self.alone.append(payload["n"])

    def _note(self, district: str, number: int) -> None:
        if number in self.fails_on:
            raise ZeroDivisionError("a bug of the receiver")
        if number not in self.refuses:
            pace.count_one(district, "receiver", "delivery", most=1000, refusal=AWAY)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setitem(outbox._HANDLERS, KIND, made.take)
    monkeypatch.setitem(outbox._BATCHES, KIND, made.take_many)
    monkeypatch.setitem(outbox._HANDLERS, OTHER, made.take)
    return made


@pytest.fixture
def waiting(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    for number in range(6):
        _send(number)
    clock.advance(minutes=1)


def _send(number: int, kind: str = KIND) -> None:
    with transaction():
        outbox.send(DISTRICT, kind, {"n": number}, due_at=now() + timedelta(seconds=1 + number))


def _problems() -> dict[int, tuple[str | None, int]]:
    """What is not delivered: its problem, and how often it was tried."""
    db.session.rollback()
    query = rows(Outgoing, DISTRICT).where(Outgoing.done_at.is_(None)).execution_options(populate_existing=True)
    return {row.payload["n"]: (row.problem, row.tries) for row in db.session.scalars(query)}


def _booked() -> int:
    return pace.done_today(DISTRICT, "receiver", "delivery")


def test_what_waits_is_delivered_together_in_its_order(waiting: None, receiver: Receiver) -> None:
    assert outbox.deliver_due() == 6
    assert (receiver.together, receiver.alone, _problems(), _booked()) == ([[0, 1, 2, 3, 4, 5]], [], {}, 6)
    assert outbox.deliver_due() == 0


def test_one_that_waits_alone_is_delivered_alone(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    _send(0)
    clock.advance(minutes=1)
    assert (outbox.deliver_due(), receiver.alone, receiver.together) == (1, [0], [])


def test_kinds_keep_their_order_among_each_other(app: Flask, receiver: Receiver, clock: FixedClock) -> None:
    """What came after something of another kind may need it: only neighbours go together."""
    for number, kind in enumerate((KIND, KIND, OTHER, KIND, KIND)):
        _send(number, kind)
    clock.advance(minutes=1)
    assert outbox.deliver_due() == 5
    assert (receiver.together, receiver.alone) == ([[0, 1], [3, 4]], [2])


def test_those_that_are_refused_are_tried_again_and_the_others_are_done(
    waiting: None, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.refuses = {1, 4}
    assert outbox.deliver_due() == 4
    assert (_problems(), _booked()) == ({1: ("receiver_away", 1), 4: ("receiver_away", 1)}, 4)
    receiver.refuses = set()
    clock.advance(minutes=1)
    assert (outbox.deliver_due(), _problems(), _booked()) == (2, {}, 6)


def test_when_nobody_takes_them_all_wait(waiting: None, receiver: Receiver, clock: FixedClock) -> None:
    receiver.is_away = True
    assert outbox.deliver_due() == 0
    assert _problems() == dict.fromkeys(range(6), ("receiver_away", 1))
    receiver.is_away = False
    clock.advance(minutes=1)
    assert (outbox.deliver_due(), _booked()) == (6, 6)


def test_a_fault_of_one_undoes_the_batch_and_each_is_tried_by_itself(waiting: None, receiver: Receiver) -> None:
    receiver.fails_on = {3}
    assert outbox.deliver_due() == 5
    assert (receiver.together, receiver.alone) == ([], [0, 1, 2, 4, 5])
    assert (_problems(), _booked()) == ({3: ("fault", 1)}, 5)


def test_ten_workers_deliver_each_of_many_once(waiting: None, app: Flask, receiver: Receiver) -> None:
    def work(_: int) -> int:
        with app.app_context():
            return outbox.deliver_due()

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(work, range(10))) == 6
    assert sorted([*receiver.alone, *(number for batch in receiver.together for number in batch)]) == list(range(6))
    assert (_booked(), _problems()) == (6, {})


def test_a_batch_whose_worker_died_is_tried_again(waiting: None, receiver: Receiver, clock: FixedClock) -> None:
    class KilledError(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def die(*_: Any) -> list[Refused | None]:
        raise KilledError

    outbox._BATCHES[KIND], kept = die, outbox._BATCHES[KIND]
    with pytest.raises(KilledError):
        outbox.deliver_due()
    outbox._BATCHES[KIND] = kept
    assert (outbox.deliver_due(), _booked()) == (0, 0)
    clock.advance(seconds=30)
    assert (outbox.deliver_due(), _booked()) == (6, 6)
