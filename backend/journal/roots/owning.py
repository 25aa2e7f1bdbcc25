"""Whose an entry is: it moves their points, or it follows from an entry of theirs, as a capture from its hold."""

from __future__ import annotations

from sqlalchemy import select

from backend.journal.models import JournalEntry, JournalLeg
from backend.journal.reading import entries
from backend.journal.roots.merkle import FOLLOWS
from backend.journal.service import entry as entry_named
from backend.journal.service import last_number_at
from backend.kit.db import NOT_FOUND, db
from points.clock import from_ms
from points.ledger import Entry, chart

_DIRECTLY = frozenset({"earn", "hold", "send_across", "receive_across", "expire"})
"""Kinds of entries whose first content is the resident."""
_LONGEST = 80


def number_of(district: str, name: str) -> int:
    """An entry's number from that, or from its caller's id. Refused: `not_found`."""
    if name.isascii() and name.isdigit() and len(name) <= 15:
        return int(name)
    if len(name) > _LONGEST or not name.isascii() or not name.isprintable():
        raise NOT_FOUND()
    found = entry_named(district, name)
    if found is None:
        raise NOT_FOUND()
    return found.number


def belongs(district: str, resident: str, number: int) -> bool:
    """Whether an entry is the resident's."""
    moved = select(JournalLeg.number).where(
        JournalLeg.district == district,
        JournalLeg.account == chart.resident(resident),
        JournalLeg.number == number,
    )
    if db.session.scalar(moved.limit(1)) is not None:
        return True
    found: Entry | None = _at(district, number)
    while found is not None and found.kind in FOLLOWS:  # a refund follows a capture, which follows a hold
        found = entry_named(district, found.content[0])
    return found is not None and found.kind in _DIRECTLY and found.content[0] == resident


def captured_by(district: str, number: int) -> int | None:
    """The number of the entry that captured a hold: it was posted before the hold's own time was over."""
    hold = _at(district, number)
    if hold is None or hold.kind != "hold":
        return None
    query = select(JournalEntry.number).where(
        JournalEntry.district == district,
        JournalEntry.number > number,
        JournalEntry.number <= last_number_at(district, from_ms(int(hold.content[3]))),
        JournalEntry.kind == "capture",
        JournalEntry.text.contains(f"\n{hold.id}\t", autoescape=True),
    )
    return db.session.scalar(query.order_by(JournalEntry.number).limit(1))


def _at(district: str, number: int) -> Entry | None:
    return next(entries(district, number - 1, number), None) if number > 0 else None
