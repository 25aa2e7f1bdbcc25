"""The worker's round: the ledger is open, the journal is at its end, and the next entry is waited for."""

from __future__ import annotations

from backend.journal.opening import keep_open
from backend.journal.projector import head_number, project_all
from backend.kit.db import db
from backend.wiring import stream

WAIT_SECONDS = 1.0


def keep_up(district: str) -> int:
    """Copy what is there and wait a little for more, so that the next round begins when there is some."""
    keep_open(district)
    copied = project_all(district)
    reached = head_number(district)
    db.session.rollback()  # nothing is held in the books while waiting
    stream(district).wait(reached, WAIT_SECONDS)
    return copied
