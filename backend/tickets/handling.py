"""A filed ticket goes to a unit, which mends it or hands it back; then somebody else looks whether it is so."""

from __future__ import annotations

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import zone
from backend.kit.db import db, rows, transaction
from backend.photos.service import own_photos, use
from backend.tickets.classes import book
from backend.tickets.models import Ticket
from backend.tickets.states import TicketState
from backend.tickets.steps import held, not_own, take
from backend.tickets.view import TicketView, shown
from points.errors import Category, kind

FOLLOWS_ORIGINAL = kind(
    "ticket_follows_original",
    Category.CONFLICT,
    zh="这是重复上报，随原工单一起处置。",
    en="This is a duplicate; it is handled with its original.",
)
RETURN_TOO_LATE = kind(
    "ticket_return_too_late",
    Category.CONFLICT,
    zh="退单时限（{days} 个工作日）已过。",
    en="A ticket can be handed back within {days} working days only.",
)
OWN_FIX = kind(
    "own_fix",
    Category.FORBIDDEN,
    zh="处置人不能自己核查，需要另一人。",
    en="Who mended it cannot check it; it takes a second person.",
)


def dispatch(caller: Caller, identifier: str, unit: str, note: str | None) -> TicketView:
    """Send it to the unit that must mend it."""
    with transaction():
        ticket = held(caller, identifier)
        if ticket.duplicate_of is not None:
            raise FOLLOWS_ORIGINAL()
        take(ticket, "dispatch", note=note)
        ticket.unit, ticket.dispatched_at = book().unit(unit).code, now()
        audit.record(caller.district, caller.name, "ticket.dispatched", f"ticket:{ticket.id}", unit=unit)
    return shown(ticket, caller)


def give_back(caller: Caller, identifier: str, reason: str) -> TicketView:
    """The unit says that it is not theirs, soon enough; the due time stays what it is."""
    with transaction():
        ticket = held(caller, identifier)
        take(ticket, "return", by="unit", note=reason)
        limit = book().clocks.return_limit
        if ticket.dispatched_at is None or now() > book().clocks.due(ticket.dispatched_at, limit, zone()).at:
            raise RETURN_TOO_LATE(days=limit.amount)
        ticket.unit = None
        audit.record(caller.district, caller.name, "ticket.returned", f"ticket:{ticket.id}")
    return shown(ticket, caller)


def fix(caller: Caller, identifier: str, note: str, photos: list[str]) -> TicketView:
    """The unit says what it did, with photos if it has any."""
    with transaction():
        ticket = held(caller, identifier)
        take(ticket, "fix", by="unit", note=note)
        marks = use(own_photos(caller.district, caller.name, photos), f"ticket_fix:{ticket.id}")
        ticket.marks = sorted({*ticket.marks, *marks})
        ticket.fix_note, ticket.after_photos = note, photos
        ticket.fixed_at, ticket.fixed_by = now(), caller.id
        audit.record(caller.district, caller.name, "ticket.fixed", f"ticket:{ticket.id}")
    return shown(ticket, caller)


def check(caller: Caller, identifier: str, passed: bool, note: str | None) -> TicketView:
    """Somebody else looks: it is closed together with its duplicates, or goes back to the unit."""
    with transaction():
        ticket = held(caller, identifier)
        not_own(caller, ticket)
        if ticket.fixed_by == caller.id:
            raise OWN_FIX()
        take(ticket, "pass" if passed else "fail", note=note)
        if passed:
            ticket.closed_at = now()
            _close_duplicates(ticket)
        else:
            ticket.fixed_at = ticket.fixed_by = None
        audit.record(caller.district, caller.name, "ticket.checked", f"ticket:{ticket.id}", passed=passed)
    return shown(ticket, caller)


def _close_duplicates(original: Ticket) -> None:
    """A duplicate ends with its original, each with a step of its own."""
    query = rows(Ticket, original.district).where(Ticket.duplicate_of == original.id, Ticket.state == TicketState.FILED)
    for ticket in db.session.scalars(query.order_by(Ticket.id).with_for_update()):
        take(ticket, "close_with_original")
        ticket.fixed_at, ticket.closed_at = original.fixed_at, original.closed_at
