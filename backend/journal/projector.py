"""From the ledger's stream to the journal: each entry once, none skipped, each following from the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.journal import trimming
from backend.journal.doubt import doubt
from backend.journal.models import JournalHead
from backend.journal.rows import insert_entries
from backend.kit.db import after_commit, db, ensure, in_transaction, transaction
from backend.wiring import ledger, stream
from points.errors import Category, Refused, kind
from points.ledger import GENESIS, Entry, Head, Written
from points.ledger.refusals import LEDGER_EPOCH

CHAIN_BROKEN = kind(
    "journal_chain_broken",
    Category.CONFLICT,
    zh="第 {number} 笔账与前一笔对不上，流水停止续写，请核对账本。",
    en="Entry {number} does not follow from the one before it; the journal stops here until the ledger is checked.",
)
FIRST_SHA256 = "0" * 64
BATCH = 2000


def project(district: str, batch: int = BATCH) -> int:
    """Copy the next entries into the journal in one transaction; answers how many. Any number may run at once.

    What is there is read before the transaction, so that others wait for the writing alone; what another projector has
    written meanwhile is left out. Afterwards the stream is trimmed as far as the settings allow. Refused:
    `journal_chain_broken`, and `ledger_epoch` for a ledger that is not the one that goes on.
    """
    copied = carry_on(district, head(district).number, batch)
    return len(copied.fresh) or (project(district, batch) if copied.read else 0)


class Copied(NamedTuple):
    """What became of one look at the stream."""

    read: int
    fresh: Sequence[Written]
    """Those of them that were not in the journal yet."""
    reached: int
    """The number of the journal's last entry now."""


def carry_on(district: str, known: int, batch: int = BATCH, *, trims: bool = True) -> Copied:
    """Copy entries after `known`, which the journal had once, in one transaction, in few journeys to the books.

    Who has somebody waiting for the commit `trims` the stream later.
    """
    epoch, entries = stream(district).written(known, batch)
    if not entries:
        return Copied(0, (), head(district).number)
    with broken_chain_doubted(district), transaction() as session:
        reached = locked_head(session, district)
        if reached.epoch != epoch:
            raise LEDGER_EPOCH(ledger=epoch, journal=reached.epoch)
        fresh = [entry for entry in entries if entry.number > reached.number]
        append(session, reached, fresh)
        number = reached.number
        if trims:
            after_commit(lambda: trimming.after_copy(district))
    return Copied(len(entries), fresh, number)


@contextmanager
def broken_chain_doubted(district: str) -> Iterator[None]:
    """Entries that do not follow the journal's close the ledger they came from, until it was found whole."""
    try:
        yield
    except Refused as refusal:
        if refusal.code == CHAIN_BROKEN.code and in_transaction():
            ledger(district).close()  # its notes would go with the transaction; whoever copies next writes them
        elif refusal.code == CHAIN_BROKEN.code:
            doubt(district, f"{refusal.sentence()} · {refusal.sentence('en')}")
        raise


def project_all(district: str) -> int:
    """Copy until nothing is left; answers how many."""
    done = 0
    while copied := project(district):
        done += copied
    return done


def head(district: str) -> Head:
    """The last entry of the journal; 0 and the genesis hash before the first."""
    query = select(JournalHead.number, JournalHead.hash).where(JournalHead.district == district)
    found = db.session.execute(query).first()
    return Head(found.number, found.hash) if found else Head(0, GENESIS)


def head_number(district: str) -> int:
    """The number of the last entry in the journal."""
    return head(district).number


def locked_head(session: Session, district: str) -> JournalHead:
    """The end of the journal, which nobody else carries on until the transaction ends."""
    found = session.get(JournalHead, district, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    ensure(JournalHead, {"district": district, "number": 0, "hash": GENESIS, "sha256": FIRST_SHA256, "epoch": 0})
    return session.get_one(JournalHead, district, with_for_update=True, populate_existing=True)


def append(session: Session, head: JournalHead, entries: Sequence[Entry | Written]) -> None:
    """Add entries that follow the head and move it. Raises Refused `journal_chain_broken`, naming the number."""
    digests = digests_of(head.number, head.hash, head.sha256, entries)
    if len(digests) < len(entries):
        number = head.number + len(digests) + 1
        structlog.get_logger().error("journal_chain_broken", district=head.district, number=number)
        raise CHAIN_BROKEN(number=number)
    insert_entries(session, head.district, entries, digests)
    if entries:
        head.number, head.hash, head.sha256 = entries[-1].number, entries[-1].hash, digests[-1]


def digests_of(number: int, digest: str, sha256: str, entries: Sequence[Entry | Written]) -> list[str]:
    """The SHA-256 of each entry after that number, hash and SHA-256, up to the first that does not follow.

    One follows that has the next number, names the hash before it, and has the hash which its own text makes.
    """
    digests = []
    for entry in entries:
        number += 1
        if entry.number != number or entry.prev != digest or not entry.is_true:
            break
        digest, sha256 = entry.hash, chained(sha256, entry.text)
        digests.append(sha256)
    return digests


def chained(previous: str, text: str) -> str:
    """SHA-256 over the digest before it, a line feed and an entry's canonical text."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
