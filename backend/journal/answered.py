"""Whether the journal has what was answered: the very entry, not only as many as that."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from backend.journal.models import JournalEntry
from backend.kit.db import db
from backend.wiring import ledger
from points.clock import to_ms
from points.ledger import Receipt


def has(district: str, receipt: Receipt) -> bool | None:
    """Whether the journal has the entry that was answered; None while it has none of that number."""
    text = texts(district, [receipt.number]).get(receipt.number)
    if text is None or is_of(text, receipt):
        return None if text is None else True
    refuse(district, receipt.number)
    return False


def is_of(text: str, receipt: Receipt) -> bool:
    """Whether a canonical text is that of the entry which was answered: by number, id, kind, time and amount."""
    said = [str(receipt.number), receipt.id, receipt.kind, str(to_ms(receipt.at)), str(receipt.amount)]
    return text.split("\t", 5)[:5] == said


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
