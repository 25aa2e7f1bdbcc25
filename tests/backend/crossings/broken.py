"""What goes wrong between two steps of a transfer: a ledger away, an answer lost, a process killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.kit import outbox
from backend.kit.db import db
from backend.wiring import ledger
from points.amounts import CEILING
from points.clock import FixedClock
from points.ledger import Ledger, Receipt
from points.ledger.refusals import LEDGER_UNREACHABLE
from points.ledger.transfer import Command
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.stage import Traveller, between

POST = Ledger.post


@contextmanager
def ledger_away(monkeypatch: pytest.MonkeyPatch, district: str) -> Iterator[None]:
    """One district's ledger can be looked at, but takes no posting."""

    def away(self: Ledger, command: Command) -> Receipt:
        if self.district == district:
            raise LEDGER_UNREACHABLE()
        return POST(self, command)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "post", away)
        yield


@contextmanager
def full(district: str = OTHER_DISTRICT, other: str = DISTRICT) -> Iterator[None]:
    """A clearing account is as full as an account may be, set by hand; afterwards it is as it was."""
    books, name = ledger(district), f"clearing:{other}"
    before = books.account(name)
    books.wire.ask("HSET", books.keys.accounts, name, 1 - CEILING)
    yield
    books.wire.ask("HSET", books.keys.accounts, name, before)


@contextmanager
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process is killed right after each commit."""
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_try_quietly", lambda *_: False)
        yield


@contextmanager
def lost_answer(monkeypatch: pytest.MonkeyPatch, kind: type[Command] | None = None) -> Iterator[None]:
    """A posting is made, and the process killed before it is written down."""

    def lost(self: Ledger, command: Command) -> Receipt:
        receipt = POST(self, command)
        if kind is not None and not isinstance(command, kind):
            return receipt
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "post", lost)
        yield


def suspended_on_the_way(person: Traveller, monkeypatch: pytest.MonkeyPatch) -> str:
    """A transfer whose other side was closed before it arrived."""
    with ledger_away(monkeypatch, OTHER_DISTRICT):
        transfer = person.taken(30)
    person.turn("close")
    return transfer


def turned_back(person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> str:
    """A transfer that the other side has refused for good; the worker was killed after writing that down."""
    with nothing_tried(monkeypatch):
        transfer = person.taken(30)
    with full():
        for _ in range(2):
            one_step(clock, monkeypatch)
    return transfer


def one_round(clock: FixedClock) -> None:
    clock.advance(seconds=400)
    outbox.deliver_due()


def one_step(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker does one step and is killed after its commit."""
    clock.advance(seconds=400)
    tried = outbox._try_quietly
    left = [1]

    def once(district: str, identifier: str) -> bool:
        left[0] -= 1
        return left[0] >= 0 and tried(district, identifier)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_try_quietly", once)
        outbox.deliver_due()


def standing(person: Traveller, transfer: str) -> tuple[Any, ...]:
    db.session.rollback()
    return person.told(transfer)["state"], person.points, between()
