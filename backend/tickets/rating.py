"""Last step: the reporter says how it was, or that it is not so and the ticket must go on."""

from __future__ import annotations

from datetime import timedelta

from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import zone
from backend.kit.db import find, transaction
from backend.tickets.classes import book
from backend.tickets.models import Ticket
from backend.tickets.persons import refuse_persons
from backend.tickets.states import ENDED, TicketState
from backend.tickets.steps import held, take
from backend.tickets.view import TicketView, shown
from points.errors import Category, kind

REOPEN_TOO_LATE = kind(
    "ticket_reopen_too_late",
    Category.CONFLICT,
    zh="办结已超过 {days} 天，请重新上报。",
    en="It was closed more than {days} days ago; report it anew.",
)


def rate(caller: Caller, identifier: str, score: int, note: str | None) -> TicketView:
    """1 to 5, once for each closing."""
    refuse_persons(note)
    with transaction():
        ticket = held(caller, identifier)
        take(ticket, "rate", by="reporter", note=f"{score}/5 {note or ''}".strip())
        ticket.rating, ticket.rating_note = score, note
    return shown(ticket, caller)


def reopen(caller: Caller, identifier: str, reason: str) -> TicketView:
    """The reporter is unhappy: it goes back to the unit that had it, with a new due time. A duplicate takes its
    original with it."""
    refuse_persons(reason)
    with transaction():
        ticket = held(caller, identifier)
        _soon_enough(ticket)
        if ticket.duplicate_of is None:
            _send_again(ticket, reason)
        else:
            original = find(Ticket, ticket.district, ticket.duplicate_of, lock=True)
            take(ticket, "reopen_with_original", by="reporter", note=reason)
            if TicketState(original.state) in ENDED:
                _send_again(original, reason)
            _run_again(ticket)
    return shown(ticket, caller)


def _send_again(ticket: Ticket, reason: str) -> None:
    take(ticket, "reopen", by="reporter", note=reason)
    ticket.dispatched_at, ticket.fixed_by = now(), None
    _run_again(ticket)


def _run_again(ticket: Ticket) -> None:
    """The mending clock starts anew."""
    deadline = book().clocks.due(now(), book().class_named(ticket.category).limit, zone())
    ticket.due_at, ticket.due_provisional = deadline.at, deadline.provisional
    ticket.fixed_at = ticket.closed_at = ticket.rating = ticket.rating_note = None


def _soon_enough(ticket: Ticket) -> None:
    days = book().reopen_days
    if ticket.closed_at is not None and now() > ticket.closed_at + timedelta(days=days):
        raise REOPEN_TOO_LATE(days=days)
