"""A seeded run of approvals, outbox, ledger, spending and projector, in which every step may fail, crash or come again.

The outbox, the gate of grants, the projector and the trimming are the service's own, on a SQLite file; the ledger is
the plain-Python twin. No thread, no machine's clock, no server: a seed replays its run exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import delete

from backend.journal import projector, trimming
from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.kit import clock as kit_clock
from backend.kit import outbox
from backend.kit.db import db, transaction
from backend.passbook import posting
from backend.passbook.earn import take_up
from backend.passbook.models import Earning, GrantRow
from backend.wiring import parts
from points.clock import FixedClock
from points.errors import Refused
from points.events import DeedApproved, DeedKind
from points.ledger import Receipt
from points.ledger import transfer as t
from points.ledger.refusals import LEDGER_UNREACHABLE
from points.rules import Decision, Facts, Grant, Text
from tests.app import DISTRICT
from tests.faults.simulation.chance import Chance, Crash
from tests.faults.simulation.laws import Laws
from tests.faults.simulation.ports import LedgerPort, StreamPort

BEGAN = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STEPS = 30
RESIDENTS = ("lin", "mei", "hao")
WEIGHTS = {"approve": 22, "deliver": 18, "copy": 14, "spend": 20, "again": 8, "undo": 3, "wait": 9, "late": 6}
WEIGHTS |= {"sweep": 4, "top_up": 3, "forget": 2}
WAITS = (1, 5, 31, 31, 300, 86_400, 31 * 86_400)


class Run:
    """One seed's run."""

    def __init__(self, seed: int, clock: FixedClock) -> None:
        self.chance = Chance(seed)
        clock.at = BEGAN
        self.clock = clock
        self.ledger = LedgerPort(DISTRICT, clock, self.chance)
        self.stream = StreamPort(self.ledger, self.chance)
        self.laws = Laws(self.ledger, self.stream)
        self.answered: list[tuple[t.Command, Receipt]] = []
        self._unanswered: list[t.Command] = []
        self._holds: list[str] = []
        self._approved = 0

    def play(self, steps: int = STEPS) -> Run:
        """All steps, the laws after each; then rest, and the laws of rest. Raises Broken."""
        with self._wired():
            self._open()
            for _ in range(steps):
                self._step()
            self._rest()
        return self

    def _step(self) -> None:
        chance = self.chance
        verb = chance.pick(WEIGHTS)
        chance.steps += 1
        chance.note((chance.steps, verb, self.clock.at))
        chance.seen[verb] += 1
        try:
            getattr(self, f"_{verb}")()
        except Crash as crash:
            chance.note(f"died: {crash}")
        finally:
            db.session.remove()
        self.laws.after_step()

    def _id(self) -> str:
        return self.chance.new_id(self.clock.now())

    # What happens

    def _approve(self) -> None:
        at, resident = self.clock.now(), RESIDENTS[self.chance.below(3)]
        self._approved += 1
        deed = DeedApproved(self._id(), DeedKind.ACT, "help", at, resident, DISTRICT)
        with transaction() as session:
            row = Earning(district=DISTRICT, id=self._id(), kind="act", deed=deed.id, at=at, resident=resident)
            row.undone, row.approver, row.approved_at, row.decided_at = False, "staff:somebody", at, at
            take_up(row, deed)
            grant = _grant(at, 1 + self.chance.below(30), self.chance.below(4) == 0)
            row.decision = _decided(deed, grant).to_json()
            session.add(row)
            posting.send(posting.store_grant(row, grant))

    def _deliver(self) -> None:
        outbox.deliver_due(1 + self.chance.below(5))

    def _copy(self) -> None:
        projector.project(DISTRICT, 1 + self.chance.below(12))

    def _spend(self) -> None:
        if self._holds and self.chance.below(2):
            hold = self._holds[self.chance.below(len(self._holds))]
            ends: list[t.Command] = [t.Capture(self._id(), hold, "teahouse", "wei"), t.Release(self._id(), hold)]
            self._ask(ends[self.chance.below(2)])
            return
        until = self.clock.now() + timedelta(minutes=15)
        begun = t.Hold(self._id(), RESIDENTS[self.chance.below(3)], "tea", 1, until)
        self._holds.append(begun.id)
        self._ask(begun)

    def _again(self) -> None:
        """Whoever had no answer asks again; now and then also one who had it."""
        if self._unanswered and self.chance.below(4):
            self._ask(self._unanswered.pop(self.chance.below(len(self._unanswered))))
        elif self.answered:
            command, first = self.answered[self.chance.below(len(self.answered))]
            repeated = self._ask(command, keep=False)
            if repeated is not None and (repeated.number, repeated.legs) != (first.number, first.legs):
                raise AssertionError(f"{command.id} was answered twice, and otherwise")

    def _undo(self) -> None:
        earned = [entry for entry in self.ledger.entries if entry.kind == "earn"]
        if earned:
            grant = earned[self.chance.below(len(earned))]
            self._ask(t.Reverse(self._id(), grant.id, "wrong", ("zhou", "qian")))

    def _wait(self) -> None:
        self.clock.advance(seconds=WAITS[self.chance.below(len(WAITS))])

    def _late(self) -> None:
        self.ledger.land_late()

    def _sweep(self) -> None:
        self.ledger.sweep()

    def _top_up(self) -> None:
        self._ask(t.TopUp(self._id(), "civic", 40))

    def _forget(self) -> None:
        self.ledger.forget(projector.head_number(DISTRICT))

    def _ask(self, command: t.Command, *, keep: bool = True) -> Receipt | None:
        try:
            receipt = self.ledger.post(command)
        except Refused as refused:
            if refused.kind is LEDGER_UNREACHABLE and keep:
                self._unanswered.append(command)
            self.chance.seen[refused.code] += 1
            return None
        except Crash:
            self._unanswered.append(command)
            raise
        if keep:
            self.answered.append((command, receipt))
            self.chance.seen[f"answered {receipt.kind}"] += 1
        return receipt

    # Beginning and end

    def _open(self) -> None:
        self.chance.calm = True
        with transaction() as session:
            for model in (JournalLeg, JournalEntry, JournalHead, GrantRow, Earning, outbox.Outgoing):
                session.execute(delete(model))
        until = BEGAN + timedelta(days=3650)
        for command in (
            t.TopUp(self._id(), "civic", 120),
            t.SetOffer(self._id(), "tea", 7, ("teahouse",), BEGAN, until),
            t.AdjustStock(self._id(), "tea", 1000),
        ):
            self._ask(command)
        self.chance.calm = False

    def _rest(self) -> None:
        """Nothing goes wrong any more: what was begun must come to its end."""
        self.chance.calm = True
        self._ask(t.TopUp(self._id(), "civic", 100_000))
        for command in self._unanswered:
            self._ask(command)
        for _ in range(40):
            self.clock.advance(minutes=6)
            self.ledger.land_late()
            delivered = outbox.deliver_due()
            copied = projector.project_all(DISTRICT)
            if not delivered and not copied and not outbox.waiting():
                break
        db.session.remove()
        self.laws.after_step()
        self.laws.at_rest(self.answered)
        self.chance.seen["granted"] += len(self.laws.earned)
        self.chance.note(db.session.get_one(JournalHead, DISTRICT).sha256)
        db.session.remove()

    @contextmanager
    def _wired(self) -> Iterator[None]:
        """The service's own code on the ports of this run."""
        parts().ledgers[DISTRICT] = self.ledger

        def there(district: str) -> StreamPort:
            return self.stream

        books = type(db.session())
        commit = books.commit

        def may_not_commit(session: Any) -> None:
            self.chance.may_crash("before the commit")
            commit(session)
            self.chance.may_crash("after the commit")

        try:
            with (
                patch.object(projector, "stream", there),
                patch.object(trimming, "stream", there),
                patch.object(books, "commit", may_not_commit),
                patch.object(kit_clock, "new_id", self.chance.new_id),
            ):
                yield
        finally:
            parts().ledgers.clear()
            db.session.remove()


def _grant(at: datetime, amount: int, later: bool) -> Grant:
    opens = at + timedelta(days=1) if later else None
    caps = ((f"help:{at:%Y-%m-%d}", 60),)
    return Grant("help", Text("帮助", "help"), amount, "civic", at + timedelta(days=365), opens, caps, ())


def _decided(deed: DeedApproved, grant: Grant) -> Decision:
    name = Text("试行办法", "trial rules")
    facts = Facts(deed.at, {"none": Decimal(0)})
    return Decision("p", 1, "0" * 64, name, "1", "Asia/Shanghai", Text("帮助", "help"), deed, facts, (grant,))


def play(app: Flask, seed: int, steps: int = STEPS) -> Run:
    """The run of a seed, in an application context; raises Broken, or AssertionError, with the seed in the message."""
    clock = app.extensions["civic_clock"]
    try:
        return Run(seed, clock).play(steps)
    except Exception as found:
        raise AssertionError(f"seed {seed}: {found}") from found


def play_all(app: Flask, seeds: range) -> Counter[str]:
    """The runs of many seeds; how often each thing happened."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        done = play(app, seed)
        seen += done.chance.seen
        seen["steps"] += done.chance.steps
    return seen
