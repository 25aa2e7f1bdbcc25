"""Residents of districts, and keepers of their journals, on threads of this process: every answer is kept."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from backend.journal.check import compare
from backend.journal.following import keep_up
from backend.journal.models import JournalEntry
from backend.journal.projector import project_all
from backend.kit.db import db
from backend.wiring import ledger
from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Receipt
from points.ledger import transfer as t
from points.ledger.entry import receipt_of

LATER = {"ledger_unreachable", "ledger_closed", "not_yet_durable"}
"""What is asked again under the same id."""
LIFE = timedelta(minutes=10)


class Resident(Thread):
    """Somebody of one district who keeps every answer, and asks again until there is one."""

    def __init__(self, app: Flask, district: str, *, pause_s: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.app, self.district, self._pause_s = app, district, pause_s
        self.answers: list[Receipt] = []
        self.told: Counter[str] = Counter()
        self.faults: list[BaseException] = []
        self.ended = Event()

    def run(self) -> None:
        drawn = random.Random(self.district)
        with self.app.app_context():
            try:
                self._open_shop()
                while not self.ended.is_set():
                    self._live(f"r{drawn.randint(0, 40)}", drawn)
                    time.sleep(self._pause_s)
            except BaseException as fault:  # noqa: BLE001 - told by the test
                self.faults.append(fault)
            finally:
                db.session.remove()

    def _open_shop(self) -> None:
        now = SystemClock().now()
        self._ask(t.TopUp(self._id(), "civic", 10**9))
        self._ask(t.SetOffer(self._id(), "tea", 3, ("teahouse",), now - LIFE, now + timedelta(days=1)))
        self._ask(t.AdjustStock(self._id(), "tea", 10**6))

    def _live(self, resident: str, drawn: random.Random) -> None:
        now = SystemClock().now()
        self._ask(t.Earn(self._id(), resident, "civic", drawn.randint(3, 9), now, now + timedelta(days=9)))
        hold = self._ask(t.Hold(self._id(), resident, "tea", 1, now + LIFE))
        if hold is not None:
            end = t.Capture(self._id(), hold.id, "teahouse", "wei")
            self._ask(end if drawn.random() < 0.7 else t.Release(self._id(), hold.id))

    def _id(self) -> str:
        return new_id(SystemClock().now())

    def _ask(self, command: t.Command) -> Receipt | None:
        give_up_at = time.monotonic() + 40
        while True:
            try:
                receipt = ledger(self.district).post(command)
            except Refused as refused:
                self.told[refused.code] += 1
                if refused.code not in LATER or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.02)
            else:
                self.told["again" if receipt.replayed else receipt.kind] += 1
                self.answers.append(receipt)
                return receipt


class Keeper(Thread):
    """The worker's round for one district, as it runs in production; what stands in its way is counted."""

    def __init__(self, app: Flask, district: str) -> None:
        super().__init__(daemon=True)
        self.app, self.district = app, district
        self.refused: Counter[str] = Counter()
        self.ended = Event()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                with self.app.app_context():  # its end may still have something to say to books that are gone
                    keep_up(self.district)
            except Refused as refusal:
                self.refused[refusal.code] += 1
            except SQLAlchemyError:
                self.refused["books"] += 1
            time.sleep(0.05)


def join(threads: Sequence[Resident | Keeper]) -> None:
    """Let everybody finish what they began."""
    for thread in threads:
        thread.ended.set()
    for thread in threads:
        thread.join()


def lost(resident: Resident) -> list[Receipt]:
    """Answered postings that are not in the journal as they were answered; each of its ids is there once."""
    rows = db.session.execute(
        select(JournalEntry.number, JournalEntry.id, JournalEntry.text).where(
            JournalEntry.district == resident.district
        )
    ).all()
    kept = {row.id: receipt_of(row.text, replayed=True) for row in rows}
    assert len(kept) == len(rows)
    db.session.rollback()
    same = [(kept[a.id].number, kept[a.id].legs) == (a.number, a.legs) for a in resident.answers if a.id in kept]
    assert all(same)
    return [answer for answer in resident.answers if answer.id not in kept]


def check(residents: Sequence[Resident]) -> None:
    """Nothing answered is missing or doubled, and every district adds up."""
    for resident in residents:
        assert [repr(fault) for fault in resident.faults] == []
        project_all(resident.district)
        assert lost(resident) == []
    for district in {resident.district for resident in residents}:
        found = compare(district)
        assert found.holds, found.line
        db.session.rollback()
