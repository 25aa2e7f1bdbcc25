"""The desk looks at a report: it is verified and filed (立案) and earns for its reporter, or refused with a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import zone
from backend.kit.db import db, find, rows, transaction
from backend.kit.geo import Position, metres_between
from backend.passbook import earn
from backend.tickets.classes import book
from backend.tickets.models import Ticket
from backend.tickets.states import AT_WORK, OPEN, TicketState
from backend.tickets.steps import held, not_own, take
from backend.tickets.view import TicketView, shown
from points.errors import Category, kind
from points.events import DeedApproved, DeedKind

ORIGINAL_UNFIT = kind(
    "ticket_original_unfit",
    Category.CONFLICT,
    zh="只能并入一件更早上报、已立案且未办结的工单。",
    en="A duplicate is of an earlier ticket that is filed and not closed yet, and no duplicate itself.",
)
_METRES_A_DEGREE = 111_195.0
_MOST_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An earlier ticket that may be the same; a person decides."""

    ticket: str
    state: str
    reported_at: object
    metres: float


def verify(caller: Caller, identifier: str, category: str | None, duplicate_of: str | None) -> TicketView:
    """It is so, and it is ours: the mending clock starts, and the reporter earns, in full as the first.

    `category` corrects the class. Refused with `own_ticket` for whoever reported it, `ticket_original_unfit` when
    `duplicate_of` is no earlier, filed, open ticket.
    """
    with transaction():
        ticket = held(caller, identifier)
        not_own(caller, ticket)
        take(ticket, "verify")
        if category is not None:
            ticket.category = book().class_named(category).name
        if duplicate_of is not None:
            _follow(ticket, duplicate_of)
        deadline = book().clocks.due(now(), book().class_named(ticket.category).limit, zone())
        ticket.responded_at = ticket.filed_at = now()
        ticket.due_at, ticket.due_provisional = deadline.at, deadline.provisional
        ticket.verified_by = caller.id
        if ticket.reporter is not None:
            ticket.earning = earn.deed_approved(_deed(ticket, ticket.reporter), caller.name)
        audit.record(
            caller.district, caller.name, "ticket.filed", f"ticket:{ticket.id}", duplicate_of=ticket.duplicate_of
        )
    return shown(ticket, caller)


def refuse(caller: Caller, identifier: str, reason: str) -> TicketView:
    """Not a matter for this service; its reporter is told why."""
    with transaction():
        ticket = held(caller, identifier)
        not_own(caller, ticket)
        take(ticket, "refuse", note=reason)
        ticket.responded_at, ticket.reason = now(), reason
        audit.record(caller.district, caller.name, "ticket.refused", f"ticket:{ticket.id}")
    return shown(ticket, caller)


def suggestions(caller: Caller, identifier: str) -> list[Suggestion]:
    """Earlier open tickets of the same class, near in place and time, nearest first."""
    ticket = find(Ticket, caller.district, identifier)
    if ticket.lat is None or ticket.lon is None:
        return []
    here, metres = Position(ticket.lat, ticket.lon), book().duplicate_metres
    d_lat = metres / _METRES_A_DEGREE
    d_lon = d_lat / max(math.cos(math.radians(ticket.lat)), 0.01)
    query = rows(Ticket, caller.district).where(
        Ticket.category == ticket.category,
        Ticket.reported_at >= ticket.reported_at - timedelta(days=book().duplicate_days),
        Ticket.reported_at <= ticket.reported_at,
        Ticket.id != ticket.id,
        Ticket.state.in_(OPEN),
        Ticket.duplicate_of.is_(None),
        Ticket.lat.between(ticket.lat - d_lat, ticket.lat + d_lat),
        Ticket.lon.between(ticket.lon - d_lon, ticket.lon + d_lon),
    )
    found = []
    for other in db.session.scalars(query.order_by(Ticket.reported_at.desc()).limit(500)):
        away = metres_between(here, Position(other.lat or 0.0, other.lon or 0.0))
        if away <= metres:
            found.append(Suggestion(other.id, other.state, other.reported_at, round(away, 1)))
    return sorted(found, key=lambda s: (s.metres, s.ticket))[:_MOST_SUGGESTIONS]


def _follow(ticket: Ticket, identifier: str) -> None:
    """Make it a duplicate: of its original's class, waiting for it, ranked by how many of the same came before."""
    original = find(Ticket, ticket.district, identifier, lock=True)
    earlier = original.id != ticket.id and original.reported_at <= ticket.reported_at
    if not earlier or original.duplicate_of is not None or TicketState(original.state) not in AT_WORK:
        raise ORIGINAL_UNFIT()
    same = or_(Ticket.id == original.id, Ticket.duplicate_of == original.id)
    count = select(func.count()).select_from(Ticket).where(Ticket.district == ticket.district, same)
    ticket.rank = int(db.session.scalar(count) or 0) + 1
    ticket.duplicate_of, ticket.category = original.id, original.category


def _deed(ticket: Ticket, reporter: str) -> DeedApproved:
    return DeedApproved(
        id=ticket.id,
        kind=DeedKind.TICKET,
        category=ticket.category,
        at=ticket.reported_at,
        resident=reporter,
        district=ticket.district,
        street=ticket.street,
        place=ticket.duplicate_of or ticket.id,
        attributes={"rank": ticket.rank, "first": ticket.rank == 1, "duplicate": ticket.rank > 1},
    )
