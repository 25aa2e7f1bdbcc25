"""Old ids leave the ledger: entries that the journal has committed and that are older than the ledger's floor."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from backend.journal.models import JournalForgotten
from backend.journal.projector import head_number
from backend.journal.reading import entries
from backend.journal.service import last_number_at
from backend.kit.clock import now
from backend.kit.db import db, ensure, transaction
from backend.wiring import ledger

KEPT = timedelta(days=31)
_AT_ONCE = 5000


def forget_old(district: str) -> int:
    """Let the ledger forget what is past its floor; answers how many ids went.

    Grants that still wait and holds that have not ended stay in the ledger for good: they are few.
    """
    noted = db.session.get(JournalForgotten, district, populate_existing=True)
    done = noted.number if noted else 0
    last = min(last_number_at(district, now() - KEPT), head_number(district))
    gone = 0
    while done < last:
        chunk = list(islice(entries(district, done, last), _AT_ONCE))
        gone += ledger(district).forget(chunk)
        done = chunk[-1].number
        _note(district, done)
    db.session.rollback()
    return gone


def _note(district: str, number: int) -> None:
    with transaction() as session:
        ensure(JournalForgotten, {"district": district, "number": 0})
        noted = session.get_one(JournalForgotten, district, with_for_update=True, populate_existing=True)
        noted.number = max(noted.number, number)
