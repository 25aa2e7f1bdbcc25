"""Questions to the journal: statements, and whether it and the ledger still say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import FIRST_SHA256, chained
from backend.kit.db import db
from backend.kit.http import Page
from points.ledger import Entry
from points.ledger.entry import entry_of


@dataclass(frozen=True)
class StatementLine:
    """One movement of an account, with the balance after it."""

    number: int
    id: str
    kind: str
    at: datetime
    amount: int
    balance: int


def statement(district: str, account: str, before: int | None = None, limit: int = 50) -> Page:
    """An account's movements, newest first, before an entry's number."""
    query = (
        select(JournalLeg, JournalEntry)
        .join(
            JournalEntry, and_(JournalEntry.district == JournalLeg.district, JournalEntry.number == JournalLeg.number)
        )
        .where(JournalLeg.district == district, JournalLeg.account == account)
        .order_by(JournalLeg.number.desc(), JournalLeg.line.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(JournalLeg.number < before)
    found = [
        StatementLine(entry.number, entry.id, entry.kind, entry.at, leg.amount, leg.balance)
        for leg, entry in db.session.execute(query)
    ]
    return Page(found[:limit], str(found[limit - 1].number) if len(found) > limit else None)


def head_number(district: str) -> int:
    """The number of the last entry in the journal."""
    head = db.session.get(JournalHead, district)
    return head.number if head else 0


def entries(district: str, after: int = 0, batch: int = 1000) -> Iterator[Entry]:
    """All entries of the journal in order, read a batch at a time so that memory does not grow with it."""
    while True:
        query = (
            select(JournalEntry.prev, JournalEntry.hash, JournalEntry.text, JournalEntry.number)
            .where(JournalEntry.district == district, JournalEntry.number > after)
            .order_by(JournalEntry.number)
            .limit(batch)
        )
        found = db.session.execute(query).all()
        yield from (entry_of(prev, digest, text) for prev, digest, text, _ in found)
        if len(found) < batch:
            return
        after = found[-1].number


def first_broken_entry(district: str) -> int | None:
    """The number of the first journal row that does not follow from the one before it or lost a leg; None if whole."""
    sha256, number = FIRST_SHA256, 0
    query = select(JournalEntry).where(JournalEntry.district == district).order_by(JournalEntry.number)
    for row in db.session.scalars(query.execution_options(yield_per=1000)):
        sha256, number = chained(sha256, row.text), number + 1
        if row.number != number or row.sha256 != sha256 or not _legs_agree(row):
            return number
    head = db.session.get(JournalHead, district)
    if head is not None and (head.number, head.sha256) != (number, sha256):
        return number + 1
    return None


def _legs_agree(row: JournalEntry) -> bool:
    query = (
        select(JournalLeg)
        .where(JournalLeg.district == row.district, JournalLeg.number == row.number)
        .order_by(JournalLeg.line)
    )
    kept = [(leg.account, leg.amount, leg.balance) for leg in db.session.scalars(query)]
    return kept == [(leg.account, leg.amount, leg.balance) for leg in entry_of(row.prev, row.hash, row.text).legs]
