"""Before postings are taken: the ledger is proved from the journal, and opened for this run of its server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from backend.journal import epochs
from backend.journal.check import compare
from backend.journal.doubt import refuse_in_doubt
from backend.journal.projector import head
from backend.kit.db import db, in_transaction
from backend.wiring import ledger, settings, stream
from points.errors import Refused
from points.ledger import GENESIS, Head
from points.ledger.refusals import LEDGER_BEHIND, LEDGER_EPOCH, LEDGER_FORKED, LEDGER_TORN
from points.ledger.stream import epoch_of

Found = TypeVar("Found")
_LOOKS = 5


def open_ledger(district: str) -> Head:
    """Match and open; answers the ledger's head.

    Refused: `ledger_in_doubt`, `ledger_torn`, `ledger_behind`, `ledger_forked`, `ledger_epoch`, `ledger_unreachable`.
    """
    refuse_in_doubt(district)
    return _judged(district, lambda journal: ledger(district).open(journal, epochs.current(district)))


def match(district: str) -> None:
    """Refuse what opening would refuse, without opening."""
    _judged(district, lambda journal: _match(district, journal))


def _judged(district: str, judge: Callable[[Head], Found]) -> Found:
    """A ledger held against the journal. What looks like a fork is looked at anew when the journal has moved since.

    Another projector may have copied entries, and trimmed them from the stream, after the journal's head was read.
    """
    journal = head(district)
    for _ in range(_LOOKS - 1):
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
    return judge(journal)


def _match(district: str, journal: Head) -> None:
    found = ledger(district)
    text = found.wire.ask("GET", found.keys.head)
    state, own = head_text(text)
    if state == "torn":
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
    epoch, wanted = epoch_of(text), epochs.current(district)
    if epoch != wanted:
        raise LEDGER_EPOCH(ledger=epoch, journal=wanted)


def head_text(text: object) -> tuple[str, Head]:
    """State and end of a ledger from what its head holds; `empty` where there is none, `torn` when unreadable."""
    if not isinstance(text, bytes):
        return "empty", Head(0, GENESIS)
    fields = text.decode().split("\t")
    return (fields[3], Head(int(fields[0]), fields[1])) if len(fields) == 6 else ("torn", Head(0, GENESIS))


def is_open(district: str) -> bool:
    """Whether the ledger takes postings in the run its server is in now, and is the one that goes on."""
    found = ledger(district)
    text, about = found.wire.ask_all([("GET", found.keys.head), ("INFO", "server")])
    fields = text.decode().split("\t") if isinstance(text, bytes) else []
    if len(fields) != 6 or fields[3] != "open" or not isinstance(about, bytes):
        return False
    return f"run_id:{fields[4]}\r\n" in about.decode() and epoch_of(text) == epochs.current(district)


def keep_open(district: str) -> None:
    """Open the ledger if its server was started anew since it was opened. Refused as `open_ledger`.

    What the server loaded from its file is first held against the entries, as a file has no checksum of its own.
    """
    if not is_open(district):
        refuse_in_doubt(district)
        _match_or_close(district)
        if settings().journal.prove_at_start and not compare(district, closes=True).holds:
            refuse_in_doubt(district)
        open_ledger(district)
        structlog.get_logger().info("ledger_opened", district=district)


def _match_or_close(district: str) -> None:
    """A ledger of an epoch that is over takes no more postings in any run."""
    try:
        match(district)
    except Refused as refusal:
        if refusal.code == LEDGER_EPOCH.code:
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
