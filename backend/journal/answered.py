"""Whether the journal has what was answered: the very entry, not only as many as that."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from backend.journal.models import JournalEntry
from backend.kit.db import db
from backend.wiring import ledger
from points.ledger import number_of


def has(district: str, text: str) -> bool | None:
    """Whether the journal has the entry whose canonical text was answered; None while it has none of that number."""
    number = number_of(text)
    found = texts(district, [number]).get(number)
    if found is None or found == text:
        return None if found is None else True
    refuse(district, number)
    return False


def refuse(district: str, number: int) -> None:
    """Another entry in the place of an answered one is another history: that ledger takes no more postings."""
    structlog.get_logger().error("answer_not_in_journal", district=district, number=number)
    ledger(district).close()


def texts(district: str, numbers: list[int]) -> dict[int, str]:
    """The canonical texts that the journal has under these numbers."""
    query = select(JournalEntry.number, JournalEntry.text).where(
        JournalEntry.district == district, JournalEntry.number.in_(numbers)
    )
    return {row.number: row.text for row in db.session.execute(query)}
