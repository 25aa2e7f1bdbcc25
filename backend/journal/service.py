"""Questions to the journal: statements, and whether it and the ledger still say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


def first_broken_entry(district: str, batch: int = 1000) -> int | None:
    """The number of the first journal row that does not follow from the one before it or lost a leg; None if whole."""
    sha256, number = FIRST_SHA256, 0
    while found := _rows_after(district, number, batch):
        legs = _legs_between(district, number, found[-1].number)
        for row in found:
            sha256, number = chained(sha256, row.text), number + 1
            if (row.number, row.sha256) != (number, sha256) or legs.get(row.number, []) != _legs_of(row):
                return number
    head = db.session.get(JournalHead, district)
    if head is not None and (head.number, head.sha256) != (number, sha256):
        return number + 1
    return None


_Legs = list[tuple[str, int, int]]


def _rows_after(district: str, number: int, batch: int) -> list[Any]:
    query = (
        select(JournalEntry.number, JournalEntry.sha256, JournalEntry.prev, JournalEntry.hash, JournalEntry.text)
        .where(JournalEntry.district == district, JournalEntry.number > number)
        .order_by(JournalEntry.number)
        .limit(batch)
    )
    return list(db.session.execute(query))


def _legs_between(district: str, after: int, up_to: int) -> dict[int, _Legs]:
    query = (
        select(JournalLeg.number, JournalLeg.account, JournalLeg.amount, JournalLeg.balance)
        .where(JournalLeg.district == district, JournalLeg.number > after, JournalLeg.number <= up_to)
        .order_by(JournalLeg.number, JournalLeg.line)
    )
    found: dict[int, _Legs] = {}
    for number, account, amount, balance in db.session.execute(query):
        found.setdefault(number, []).append((account, amount, balance))
    return found


def _legs_of(row: Any) -> _Legs:
    return [(leg.account, leg.amount, leg.balance) for leg in entry_of(row.prev, row.hash, row.text).legs]
