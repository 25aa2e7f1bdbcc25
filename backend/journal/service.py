"""Questions to the journal: statements of an account now and in the past, and the receipt of an id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from backend.journal.models import NAMED_BY_LEDGER, JournalEntry, JournalLeg
from backend.journal.projector import head, head_number
from backend.journal.reading import RowChanged, entries, sound_entries
from backend.kit.db import db
from backend.kit.http import Page
from points.ledger import Entry, Receipt
from points.ledger.entry import entry_of as entry_from
from points.ledger.entry import receipt_of

__all__ = [
    "balance_at",
    "entries",
    "first_broken_entry",
    "head",
    "head_number",
    "last_number_at",
    "receipt",
    "statement",
]


@dataclass(frozen=True)
class StatementLine:
    """One movement of an account, with the balance after it."""

    number: int
    id: str
    kind: str
    at: datetime
    amount: int
    balance: int


def statement(
    district: str, account: str, before: int | None = None, limit: int = 50, at: datetime | None = None
) -> Page:
    """An account's movements, newest first, before an entry's number; as it stood at a moment of the past, if given."""
    if at is not None:
        following = last_number_at(district, at) + 1
        before = following if before is None else min(before, following)
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


def receipt(district: str, identifier: str) -> Receipt | None:
    """The first receipt of a caller's id, also of one the ledger has forgotten; None when there is none."""
    found = entry(district, identifier)
    return None if found is None else receipt_of(found.text, replayed=True)


def entry(district: str, identifier: str) -> Entry | None:
    """The entry posted under a caller's id, also one the ledger has forgotten; the hash before it is left out."""
    query = select(JournalEntry.hash, JournalEntry.text).where(
        JournalEntry.district == district, JournalEntry.id == identifier, JournalEntry.kind.not_in(NAMED_BY_LEDGER)
    )
    found = db.session.execute(query).first()
    return None if found is None else entry_from("", found.hash, found.text)


def balance_at(district: str, account: str, moment: datetime) -> int:
    """What an account held at a moment of the past; entries of that very moment count."""
    last = last_number_at(district, moment)
    query = (
        select(JournalLeg.balance)
        .where(JournalLeg.district == district, JournalLeg.account == account, JournalLeg.number <= last)
        .order_by(JournalLeg.number.desc(), JournalLeg.line.desc())
        .limit(1)
    )
    return int(db.session.scalar(query) or 0)


def last_number_at(district: str, moment: datetime) -> int:
    """The last entry made up to a moment; times rise with numbers, so it is found by halving."""
    low, high = 0, head_number(district)
    while low < high:
        middle = (low + high + 1) // 2
        at = db.session.scalar(
            select(JournalEntry.at).where(JournalEntry.district == district, JournalEntry.number == middle)
        )
        low, high = (middle, high) if at is not None and at <= moment else (low, middle - 1)
    return low


def first_broken_entry(district: str) -> int | None:
    """The number of the first journal row or leg that is not as it was written; None when all are."""
    try:
        for _ in sound_entries(district):
            pass
    except RowChanged as changed:
        return changed.number
    return None
