"""Before postings are taken: the ledger is proved from the journal, and opened for this run of its server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from backend.journal import epochs
from backend.journal.check import compare
from backend.journal.doubt import refuse_in_doubt
from backend.journal.projector import head
from backend.kit.db import db, in_transaction
from backend.wiring import ledger, settings, stream
from points.errors import Refused
from points.ledger import Head
from points.ledger.connection import ABOUT_RUN, run_of
from points.ledger.heads import read_head
from points.ledger.refusals import LEDGER_BEHIND, LEDGER_CLOSED, LEDGER_EPOCH, LEDGER_FORKED, LEDGER_TORN

Found = TypeVar("Found")
_LOOKS = 5
_ANOTHER = {LEDGER_BEHIND.code, LEDGER_FORKED.code, LEDGER_EPOCH.code}


def open_ledger(district: str) -> Head:
    """Match and open; answers the ledger's head.

    Refused: `ledger_in_doubt`, `ledger_torn`, `ledger_behind`, `ledger_forked`, `ledger_epoch`, `ledger_unreachable`.
    """
    refuse_in_doubt(district)
    return _judged(district, lambda journal: ledger(district).open(journal, epochs.current(district)))


def match(district: str, epoch: int | None = None) -> None:
    """Refuse what opening would refuse, without opening; in the journal's epoch, unless another is named."""
    _judged(district, lambda journal: _match(district, journal, epoch))


def _judged(district: str, judge: Callable[[Head], Found]) -> Found:
    """A ledger held against the journal. What looks like a fork is looked at anew when the journal has moved since.

    Another projector may have copied entries, and trimmed them from the stream, after the journal's head was read. What
    moves at every look is no finding: `ledger_closed`, to be tried again.
    """
    journal = head(district)
    for _ in range(_LOOKS):
        try:
            return judge(journal)
        except Refused as refusal:
            if refusal.code != LEDGER_FORKED.code:
                raise
            if not in_transaction():
                db.session.rollback()  # a read that began before may not see what has been committed since
            before, journal = journal, head(district)
            if journal == before:
                raise
    raise LEDGER_CLOSED(why="the journal kept moving")


def _match(district: str, journal: Head, named: int | None) -> None:
    found = ledger(district)
    own = read_head(found.wire.ask("GET", found.keys.head))
    if own.state == "torn":
        raise LEDGER_TORN()
    if own.number < journal.number:
        raise LEDGER_BEHIND(ledger=own.number, journal=journal.number)
    if own.number > journal.number:
        following = stream(district).read(journal.number, 1)
        whole = following and following[0].number == journal.number + 1 and following[0].prev == journal.hash
    else:
        whole = own.hash == journal.hash
    if not whole:
        raise LEDGER_FORKED(number=journal.number)
    wanted = epochs.current(district) if named is None else named
    if own.epoch != wanted:
        raise LEDGER_EPOCH(ledger=own.epoch, journal=wanted)


def is_open(district: str) -> bool:
    """Whether the ledger takes postings in the run its server is in now, and is the one that goes on."""
    found = ledger(district)
    text, *about = found.wire.ask_all([("GET", found.keys.head), *ABOUT_RUN])
    head = read_head(text)
    return head.state == "open" and head.run == run_of(*about) and head.epoch == epochs.current(district)


def keep_open(district: str) -> None:
    """Hold the ledger's end against the journal's, and open it if its server is in a new run since it was opened.

    Refused as `open_ledger`; a ledger that is behind, forked or of another epoch is closed in all its runs. What the
    server loaded from its file is first held against the entries, as a file has no checksum of its own.
    """
    opened = is_open(district)
    _doubt_or_close(district, opened)
    _match_or_close(district)
    if not opened:
        if settings().journal.prove_at_start and not compare(district, closes=True).holds:
            refuse_in_doubt(district)
        open_ledger(district)
        structlog.get_logger().info("ledger_opened", district=district)


def _doubt_or_close(district: str, opened: bool) -> None:
    """What was written down may not have been followed: the ledger's server could not be reached then."""
    try:
        refuse_in_doubt(district)
    except Refused:
        if opened:
            ledger(district).close()
        raise


def _match_or_close(district: str) -> None:
    """A ledger that is not the one it was takes no more postings in any run."""
    try:
        match(district)
    except Refused as refusal:
        if refusal.code in _ANOTHER:
            with suppress(Refused):  # a replica cannot be written to, and takes none
                ledger(district).close()
        raise


def open_all() -> dict[str, Refused]:
    """Open every district's ledger; answers what was refused, by district, and leaves those closed."""
    refused = {}
    for district in settings().service.districts:
        try:
            keep_open(district)
        except Refused as refusal:
            structlog.get_logger().error("ledger_stays_closed", district=district, reason=refusal.code)
            refused[district] = refusal
    return refused
