"""The way between two ledgers: points leave one under an id of their own and arrive in the other under another.

What may succeed later is raised; what the ledger refused for good is answered. An id that was posted answers as it did
first, however often it is asked.
"""

from __future__ import annotations

from datetime import datetime

from backend.journal import service as journal
from backend.kit.clock import fresh_id, now
from backend.passbook import posting
from backend.passbook.ahead import ledger_is_ahead
from backend.wiring import ledger, stream
from points.clock import from_ms
from points.errors import Refused
from points.ledger import Receipt, chart
from points.ledger.refusals import ALREADY_RECEIVED, BAD_TIME, ID_EXPIRED, LEDGER_AHEAD, RESIDENT_CLOSED
from points.ledger.transfer import ReceiveAcross, SendAcross

_EXPIRES = 6
"""Where the note of a lot says when it expires (ms)."""


def foresee(district: str, resident: str, to: str, amount: int) -> None:
    """Refused as sending would be now, by the ledger's own way without its writes."""
    identifier = fresh_id()
    try:
        ledger(district).preview(SendAcross(identifier, resident, to, amount))
    except Refused as refusal:
        if ledger_is_ahead(refusal, identifier):
            raise LEDGER_AHEAD() from refusal
        raise


def send(district: str, identifier: str, resident: str, to: str, amount: int) -> datetime | Refused | None:
    """Points leave; answers when the first of them would have expired.

    The refusal where nothing moved and nothing will; None where the id is too old and was never used.
    """
    books = ledger(district)
    try:
        receipt: Receipt | None = books.post(SendAcross(identifier, resident, to, amount))
    except Refused as refusal:
        if refusal.kind is RESIDENT_CLOSED:
            return refusal
        receipt = _long_ago(district, identifier, refusal)
        if receipt is None and refusal.kind is not ID_EXPIRED:
            return refusal
    return None if receipt is None else _first_expiry(district, receipt)


def receive(  # noqa: PLR0917 - as many as the command has
    district: str, identifier: str, resident: str, other: str, amount: int, expires_at: datetime, sent: str
) -> bool | Refused:
    """Points arrive; True once they have, False where the id is too old and was never used.

    A refusal is answered only where they are not there and can never be: they have expired meanwhile, for example.
    """
    books = ledger(district)
    try:
        books.post(ReceiveAcross(identifier, resident, other, amount, expires_at, sent))
    except Refused as refusal:
        if refusal.kind is ALREADY_RECEIVED:
            return True
        if refusal.kind in (BAD_TIME, RESIDENT_CLOSED) and expires_at <= now():
            return refusal
        receipt = _long_ago(district, identifier, refusal)
        return refusal if receipt is None and refusal.kind is not ID_EXPIRED else receipt is not None
    return True


def posted(district: str, identifier: str | None) -> bool:
    """Whether the ledger or its journal has an entry of this id."""
    if identifier is None:
        return False
    return (ledger(district).receipt(identifier) or journal.receipt(district, identifier)) is not None


def cleared(district: str, other: str) -> int:
    """What a district's ledger has in clearing for another: sent there, less what came from there."""
    return ledger(district).account(chart.clearing(other))


def _long_ago(district: str, identifier: str, refusal: Refused) -> Receipt | None:
    """The receipt of an id that the ledger knows no longer; raises what may succeed later."""
    if ledger_is_ahead(refusal, identifier):
        raise LEDGER_AHEAD() from refusal
    if posting.may_succeed_later(refusal):
        raise refusal
    return journal.receipt(district, identifier) if refusal.kind is ID_EXPIRED else None


def _first_expiry(district: str, receipt: Receipt) -> datetime:
    """The earliest expiry among the lots that an entry took from, as the entry itself says.

    The stream is asked first: what is trimmed there has been committed to the journal.
    """
    found = next((each for each in stream(district).read(receipt.number - 1, 1) if each.id == receipt.id), None)
    entry = found or journal.entry(district, receipt.id)
    if entry is None:
        raise LookupError(f"entry {receipt.number} of {district} is neither in the stream nor in the journal")
    return from_ms(min(int(change.split(",")[_EXPIRES]) for change in entry.changes if change.startswith("L,")))
