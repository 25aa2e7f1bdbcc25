"""The worker's round: the ledger is open, the journal is at its end, and the next entry is waited for."""

from __future__ import annotations

import time

from backend.journal.opening import keep_open
from backend.journal.projector import BATCH, head_number, project
from backend.kit.db import db
from backend.wiring import ledger, settings, stream

WAIT_SECONDS = 1.0
LEFT_SECONDS = 0.2
"""At level `journal`, for how long whoever waits for an entry is left to copy it."""


def keep_up(district: str) -> int:
    """Copy what is there and wait a little for more, so that the next round begins when there is some.

    What is posted meanwhile waits for the next round, unless there is more than one copy takes: a commit costs more
    than the entries in it, and under load many small ones would take the disk from the postings themselves.
    """
    keep_open(district)
    copied = latest = 0 if _is_cared_for(district) else project(district)
    while latest >= BATCH:
        latest = project(district)
        copied += latest
    reached = head_number(district)
    db.session.rollback()  # nothing is held in the books while waiting
    stream(district).wait(reached, WAIT_SECONDS)
    return copied


def _is_cared_for(district: str) -> bool:
    """Whether those who wait for their entries copy them, as at level `journal`: two would only be in each other's way.

    What nobody waits for any more, as who posted it was killed, is still missing a moment later.
    """
    if settings().redis.level != "journal":
        return False
    there = ledger(district).head().number
    if head_number(district) < there:
        db.session.rollback()
        time.sleep(LEFT_SECONDS)
    return head_number(district) >= there
