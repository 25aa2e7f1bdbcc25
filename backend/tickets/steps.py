"""Every step of a ticket goes through here: its state moves by the table, and the step is kept for all to see."""

from __future__ import annotations

from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find
from backend.staff.service import is_same_person
from backend.tickets.models import Ticket, TicketStep
from backend.tickets.states import TICKET_STATES, TicketState
from points.errors import Category, kind

OWN_TICKET = kind(
    "own_ticket",
    Category.FORBIDDEN,
    zh="这是您本人上报的，请由其他工作人员办理。",
    en="You reported this yourself; another member of staff must decide on it.",
)


def take(ticket: Ticket, step: str, *, by: str = "staff", note: str | None = None) -> None:
    """Move a held ticket; refused with `wrong_state` where the table has no such way."""
    ticket.state = TICKET_STATES.after(TicketState(ticket.state), step)
    ticket.updated_at = now()
    remember(ticket, step, by=by, note=note)


def remember(ticket: Ticket, step: str, *, by: str, note: str | None = None) -> None:
    """Keep that a ticket took a step."""
    ticket.step_count += 1
    db.session.add(
        TicketStep(
            district=ticket.district,
            id=fresh_id(),
            ticket=ticket.id,
            number=ticket.step_count,
            step=step,
            state=ticket.state,
            at=ticket.updated_at,
            by=by,
            note=note,
        )
    )


def held(caller: Caller, identifier: str) -> Ticket:
    """A ticket of the caller's district, held until the transaction ends; a resident's own only, else `not_found`."""
    ticket = find(Ticket, caller.district, identifier, lock=True)
    if caller.kind == "resident" and ticket.reporter != caller.id:
        raise NOT_FOUND()
    return ticket


def not_own(caller: Caller, ticket: Ticket) -> None:
    """Refused with `own_ticket` when the member of staff is its reporter in private."""
    if ticket.reporter is not None and is_same_person(caller.district, caller.id, ticket.reporter):
        raise OWN_TICKET()
