"""From the ledger's stream to the journal: each entry once, none skipped, each following from the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import structlog
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.kit.db import ensure, transaction
from backend.kit.observe import LAG
from backend.wiring import ledger, stream
from points.errors import Category, kind
from points.ledger import GENESIS, Entry

CHAIN_BROKEN = kind(
    "journal_chain_broken",
    Category.CONFLICT,
    zh="第 {number} 笔账与前一笔对不上,流水停止续写,请核对账本。",
    en="Entry {number} does not follow from the one before it; the journal stops here until the ledger is checked.",
)
FIRST_SHA256 = "0" * 64
BATCH = 500


def project(district: str, batch: int = BATCH) -> int:
    """Copy the next entries into the journal in one transaction; answers how many. Any number may run at once."""
    with transaction() as session:
        head = _locked_head(session, district)
        entries = stream(district).read(head.number, batch)
        if entries:
            _append(session, head, entries)
    LAG.labels(district).set(ledger(district).head().number - head.number)
    return len(entries)


def project_all(district: str) -> int:
    """Copy until nothing is left; answers how many."""
    done = 0
    while copied := project(district):
        done += copied
    return done


def _locked_head(session: Session, district: str) -> JournalHead:
    ensure(JournalHead, {"district": district, "number": 0, "hash": GENESIS, "sha256": FIRST_SHA256})
    return session.get_one(JournalHead, district, with_for_update=True, populate_existing=True)


def _append(session: Session, head: JournalHead, entries: Sequence[Entry]) -> None:
    made = []
    legs = []
    for entry in entries:
        if entry.number != head.number + 1 or entry.prev != head.hash or not entry.is_true:
            structlog.get_logger().error("journal_chain_broken", district=head.district, number=entry.number)
            raise CHAIN_BROKEN(number=head.number + 1)
        head.number, head.hash, head.sha256 = entry.number, entry.hash, chained(head.sha256, entry.text)
        made.append(
            {
                "district": head.district,
                "number": entry.number,
                "id": entry.id,
                "kind": entry.kind,
                "at": entry.at,
                "amount": entry.amount,
                "prev": entry.prev,
                "hash": entry.hash,
                "text": entry.text,
                "sha256": head.sha256,
            }
        )
        legs += [
            {
                "district": head.district,
                "number": entry.number,
                "line": line,
                "account": leg.account,
                "amount": leg.amount,
                "balance": leg.balance,
            }
            for line, leg in enumerate(entry.legs)
        ]
    session.execute(insert(JournalEntry), made)
    if legs:
        session.execute(insert(JournalLeg), legs)


def chained(previous: str, text: str) -> str:
    """SHA-256 over the digest before it, a line feed and an entry's canonical text."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
