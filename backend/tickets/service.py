"""Reports come in, from members of reporter groups and from partners, and are shown to those who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.kit import pace
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.geo import Datum, Position, position_of
from backend.kit.http import Page, page_of
from backend.photos.service import own_photos, use
from backend.places.service import street_of
from backend.tickets.classes import book
from backend.tickets.models import PARTNER, REPORTER, Ticket
from backend.tickets.persons import refuse_persons
from backend.tickets.states import TicketState
from backend.tickets.steps import remember
from backend.tickets.view import TicketView, shown
from points.errors import Category, kind

PLACE_NEEDED = kind(
    "ticket_place_needed",
    Category.INVALID,
    zh="请给出位置或地址。",
    en="A ticket needs a position or an address.",
)
TOO_MANY_TICKETS = kind(
    "too_many_tickets",
    Category.TOO_MANY,
    zh="今天已上报 {most} 件，请明天再报。",
    en="You reported {most} tickets today, which is the most; try again tomorrow.",
    retry=True,
)


@dataclass(frozen=True, slots=True)
class Given:
    """A position as it was given: degrees in its own datum."""

    lat: float
    lon: float
    datum: Datum
    accuracy: float | None = None

    def in_wgs84(self) -> Position:
        return position_of(self.lat, self.lon, self.datum, self.accuracy)

    def kept(self) -> dict[str, Any]:
        return {"lat": self.lat, "lon": self.lon, "datum": self.datum.value, "accuracy": self.accuracy}


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says is wrong, and where."""

    category: str
    description: str | None = None
    position: Given | None = None
    street: str | None = None
    address: str | None = None


def report(caller: Caller, photos: list[str], **fields: Any) -> TicketView:
    """A member of a reporter group reports; the first clock starts."""
    with transaction():
        pace.count_one(caller.district, caller.name, "ticket", most=book().per_day, refusal=TOO_MANY_TICKETS)
        ticket = receive(caller.district, Report(**fields), reporter=caller.id)
        ticket.marks = use(own_photos(caller.district, caller.name, photos), f"ticket:{ticket.id}")
        ticket.photos = photos
    return shown(ticket, caller)


def receive(district: str, report: Report, *, reporter: str | None = None, partner: str | None = None) -> Ticket:
    """Write a new ticket into the open transaction. Refused when its class or street is unknown, when it has no place,
    or when its words point at a person."""
    refuse_persons(report.description, report.address)
    if report.position is None and not report.address:
        raise PLACE_NEEDED()
    identifier, at = fresh_id(), now()
    place = report.position.in_wgs84() if report.position else None
    ticket = Ticket(
        district=district,
        id=identifier,
        source=PARTNER if partner else REPORTER,
        source_id=identifier,
        category=book().class_named(report.category).name,
        description=report.description,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        given_position=report.position.kept() if report.position else None,
        street=street_of(district, report.street).code if report.street else None,
        address=report.address,
        photos=[],
        after_photos=[],
        reporter=reporter,
        partner=partner,
        state=TicketState.RECEIVED,
        reported_at=at,
        response_due_at=book().clocks.response_due(at),
        due_provisional=False,
        updated_at=at,
        rank=1,
        step_count=0,
        marks=[],
    )
    db.session.add(ticket)
    db.session.flush()
    remember(ticket, "report", by="partner" if partner else "reporter")
    return ticket


def tickets(
    caller: Caller, *, state: TicketState | None, category: str | None, unit: str | None, cursor: str | None, limit: int
) -> Page:
    """Own tickets of a resident, all of the district for staff; newest first."""
    query = rows(Ticket, caller.district)
    if caller.kind == "resident":
        query = query.where(Ticket.reporter == caller.id)
    for column, wanted in ((Ticket.state, state), (Ticket.category, category), (Ticket.unit, unit)):
        if wanted is not None:
            query = query.where(column == wanted)
    page = page_of(query, Ticket, cursor, limit)
    return Page([shown(ticket, caller, steps=False) for ticket in page.items], page.next_cursor)


def ticket(caller: Caller, identifier: str) -> TicketView:
    """One ticket with its steps; somebody else's is `not_found` for a resident."""
    found = find(Ticket, caller.district, identifier)
    if caller.kind == "resident" and found.reporter != caller.id:
        raise NOT_FOUND()
    return shown(found, caller)
