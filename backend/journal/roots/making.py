"""When a day of the district is over and all of its entries are in the journal, its root is made, signed and kept."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from backend.journal.models import JournalEntry, JournalRoot, JournalRootNode
from backend.journal.projector import FIRST_SHA256, head_number
from backend.journal.reading import entries
from backend.journal.roots.keys import signing_key
from backend.journal.roots.merkle import tree_of
from backend.journal.roots.publishing import publish, publish_keys
from backend.journal.roots.statement import NOTHING_BEFORE, VERSION, Statement, digest_of, public_half, sign_with
from backend.journal.service import last_number_at
from backend.kit.clock import now
from backend.kit.days import local_day, zone
from backend.kit.db import db, ensure, transaction
from backend.wiring import ledger

QUIET = timedelta(minutes=10)
"""How long after midnight a day counts as over when nothing was posted since."""
MOST = 50


def make_due(district: str) -> int:
    """Make and publish the roots of finished days, oldest first, at most `MOST`; answers how many.

    Any number may run at once and again: a day has one root, the first that was committed. Refused: `root_key_unknown`.
    """
    made = 0
    while made < MOST and _make_next(district):
        made += 1
    publish_keys()
    publish(district)
    return made


def _make_next(district: str) -> bool:
    before = db.session.scalar(
        select(JournalRoot).where(JournalRoot.district == district).order_by(JournalRoot.number.desc()).limit(1)
    )
    day = before.day + timedelta(days=1) if before else _first_day(district)
    if day is None or not _is_complete(district, day):
        return False
    first = before.last + 1 if before else 1
    last = last_number_at(district, _end(day) - timedelta(milliseconds=1))
    seed = secrets.token_bytes(32)
    tree = tree_of(seed, entries(district, first - 1, last), VERSION)
    statement = Statement(
        district,
        before.number + 1 if before else 1,
        day,
        first,
        last,
        _chain_at(district, last),
        tree.root.hex(),
        digest_of(before.statement) if before else NOTHING_BEFORE,
    )
    _keep(statement, seed.hex(), tree.nodes)
    return True


def _keep(statement: Statement, seed: str, nodes: list[bytes]) -> None:
    key = signing_key()
    row = {
        "district": statement.district,
        "number": statement.number,
        "day": statement.day,
        "first": statement.first,
        "last": statement.last,
        "seed": seed,
        "statement": statement.text,
        "signature": sign_with(key, statement.text),
        "public_key": public_half(key),
        "made_at": now(),
    }
    with transaction() as session:
        ensure(JournalRoot, row)
        kept = session.get_one(JournalRoot, (statement.district, statement.number), populate_existing=True)
        if kept.seed == seed:  # else another was first, and its nodes stand
            session.add_all(
                JournalRootNode(district=kept.district, number=kept.number, place=place, hash=node.hex())
                for place, node in enumerate(nodes)
            )


def _first_day(district: str) -> date | None:
    at = db.session.scalar(select(JournalEntry.at).where(JournalEntry.district == district, JournalEntry.number == 1))
    return local_day(at) if at is not None else None


def _is_complete(district: str, day: date) -> bool:
    """Whether no entry of that day can come any more: times rise, so one of a later day closes it."""
    if now() < _end(day):
        return False
    reached = head_number(district)
    latest = db.session.scalar(
        select(JournalEntry.at).where(JournalEntry.district == district, JournalEntry.number == reached)
    )
    if latest is not None and latest >= _end(day):
        return True
    return now() >= _end(day) + QUIET and ledger(district).head().number == reached


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone())


def _chain_at(district: str, number: int) -> str:
    query = select(JournalEntry.sha256).where(JournalEntry.district == district, JournalEntry.number == number)
    return db.session.scalar(query) or FIRST_SHA256
