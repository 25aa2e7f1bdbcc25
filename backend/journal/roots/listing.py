"""The published roots, a page at a time, and the keys that sign them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from backend.journal.models import JournalRoot
from backend.journal.roots.keys import keys, until
from backend.kit.db import db
from backend.kit.http import Page


@dataclass(frozen=True)
class PublishedKey:
    """A key with the days it signs: from `since` to before `until`."""

    number: int
    public_key: str
    since: date
    until: date | None
    statement: str
    signature: str
    signature_before: str | None


def published_keys(after: int | None = None, limit: int = 50) -> Page:
    """Every key that signed or signs roots, oldest first, after a key's number."""
    listed = keys()
    shown = listed[after or 0 :][:limit]
    return Page(
        [
            PublishedKey(
                key.number,
                key.public_key,
                key.since,
                until(listed, key),
                key.statement,
                key.signature,
                key.signature_before,
            )
            for key in shown
        ],
        str(shown[-1].number) if shown and shown[-1].number < len(listed) else None,
    )


def roots(district: str, before: int | None = None, limit: int = 50) -> Page:
    """A district's roots, newest first, before a root's number."""
    query = select(JournalRoot).where(JournalRoot.district == district).order_by(JournalRoot.number.desc())
    if before is not None:
        query = query.where(JournalRoot.number < before)
    found = list(db.session.scalars(query.limit(limit + 1)))
    return Page(found[:limit], str(found[limit - 1].number) if len(found) > limit else None)
