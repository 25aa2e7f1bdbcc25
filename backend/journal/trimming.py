"""How long the stream keeps what the journal has: until the commit, until the archive holds it too, or for good."""

from __future__ import annotations

from sqlalchemy import select

from backend.journal.models import JournalArchive, JournalHead
from backend.kit.db import db
from backend.wiring import settings, stream


def after_copy(district: str) -> int:
    """Trim behind a commit, where nothing further is asked for; answers how many entries went."""
    return trim(district) if settings().journal.trim == "committed" else 0


def trim(district: str) -> int:
    """Drop from the stream what the settings no longer want there; answers how many entries went."""
    wanted = settings().journal.trim
    if wanted == "never":
        return 0
    models = (JournalHead, JournalArchive) if wanted == "archived" else (JournalHead,)
    numbers = [db.session.scalar(select(model.number).where(model.district == district)) for model in models]
    number = min(each or 0 for each in numbers)  # the archive may be ahead of books that were restored
    return stream(district).trim(number) if number else 0
