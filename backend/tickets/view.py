"""How a ticket is shown: the same for everybody but what is the reporter's alone or the desk's; never who reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import zone
from backend.kit.db import db, rows
from backend.tickets.classes import book
from backend.tickets.deadlines import Card
from backend.tickets.models import Ticket, TicketStep
from backend.tickets.states import ENDED


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket for one caller."""

    ticket: Ticket
    card: Card
    """How near the mending is to its due time; `none` when it has ended."""
    response_late: bool
    mine: bool
    marks: list[str] | None
    """Oddities, for the desk alone."""
    earning: str | None
    """What it earned, for its reporter alone."""
    steps: list[TicketStep] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ticket, name)

    @property
    def position(self) -> dict[str, float] | None:
        lat, lon = self.ticket.lat, self.ticket.lon
        return None if lat is None or lon is None else {"lat": lat, "lon": lon}


def shown(ticket: Ticket, caller: Caller, *, steps: bool = True) -> TicketView:
    """The ticket as this caller may see it."""
    mine = caller.kind == "resident" and ticket.reporter == caller.id
    ended = ticket.state in ENDED
    responded = ticket.responded_at or now()
    return TicketView(
        ticket=ticket,
        card=Card.NONE if ended else book().clocks.card(ticket.due_at, now(), zone()),
        response_late=ticket.response_due_at is not None and responded > ticket.response_due_at,
        mine=mine,
        marks=ticket.marks if caller.kind == "staff" else None,
        earning=ticket.earning if mine else None,
        steps=steps_of(ticket) if steps else None,
    )


def steps_of(ticket: Ticket) -> list[TicketStep]:
    """What happened to a ticket, in order."""
    query = rows(TicketStep, ticket.district).where(TicketStep.ticket == ticket.id)
    return list(db.session.scalars(query.order_by(TicketStep.number)))
