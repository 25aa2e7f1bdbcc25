"""The published roots, a page at a time."""

from __future__ import annotations

from sqlalchemy import select

from backend.journal.models import JournalRoot
from backend.kit.db import db
from backend.kit.http import Page


def roots(district: str, before: int | None = None, limit: int = 50) -> Page:
    """A district's roots, newest first, before a root's number."""
    query = select(JournalRoot).where(JournalRoot.district == district).order_by(JournalRoot.number.desc())
    if before is not None:
        query = query.where(JournalRoot.number < before)
    found = list(db.session.scalars(query.limit(limit + 1)))
    return Page(found[:limit], str(found[limit - 1].number) if len(found) > limit else None)
