"""A ledger that was found different from its entries takes no postings until it was found whole again."""

from __future__ import annotations

import structlog

from backend.journal.models import JournalDoubt
from backend.kit.clock import now
from backend.kit.db import db, ensure, transaction
from backend.wiring import ledger
from points.errors import Category, kind

LEDGER_IN_DOUBT = kind(
    "ledger_in_doubt",
    Category.UNAVAILABLE,
    zh="账本核对时发现不符，已停止记账：{found}",
    en="The ledger was found to differ and takes no postings: {found}",
)
_LONGEST = 500


def doubt(district: str, found: str) -> None:
    """Write down what was found, and close the ledger in all its runs."""
    with transaction():
        ensure(JournalDoubt, {"district": district, "found": found[:_LONGEST], "at": now()})
    ledger(district).close()
    structlog.get_logger().error("ledger_closed_in_doubt", district=district)


def settle(district: str) -> None:
    """It was found whole: whatever was doubted is over."""
    if db.session.get(JournalDoubt, district) is not None:
        with transaction() as session:
            noted = session.get(JournalDoubt, district)
            if noted is not None:
                session.delete(noted)


def in_doubt(district: str) -> bool:
    """Whether something that was found is not settled."""
    return db.session.get(JournalDoubt, district, populate_existing=True) is not None


def refuse_in_doubt(district: str) -> None:
    """Raise Refused `ledger_in_doubt` while something that was found is not settled."""
    noted = db.session.get(JournalDoubt, district, populate_existing=True)
    if noted is not None:
        raise LEDGER_IN_DOUBT(found=noted.found)
