"""GeoReport on our tickets: what is offered, posted and shown. Nothing of a person ever goes out here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select

from backend.kit.days import zone
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.staff.models import Partner
from backend.staff.service import partner_by_key
from backend.tickets.classes import TicketClass, book
from backend.tickets.deadlines import Unit
from backend.tickets.models import Ticket
from backend.tickets.open311.asked import MOST_ROWS, Wanted
from backend.tickets.service import Report, receive
from backend.tickets.states import ENDED, OPEN, TicketState
from points.errors import Category, kind
from points.ids import is_id

KEY_NEEDED = kind("open311_key_needed", Category.INVALID, zh="需要 api_key。", en="The api_key was not provided.")
KEY_INVALID = kind(
    "open311_key_invalid",
    Category.FORBIDDEN,
    zh="api_key 无效、已停用或不属于该区。",
    en="The api_key is not valid here.",
)
Shown = dict[str, Any]
_UNITS = {Unit.WORKING_HOURS: "working hours", Unit.WORKING_DAYS: "working days"}
_NOTES = {
    TicketState.RECEIVED: "已收到，待核实 · received, to be verified",
    TicketState.REFUSED: "未立案 · not filed",
    TicketState.FILED: "已立案 · verified and filed",
    TicketState.DISPATCHED: "已派遣处置 · with the unit that mends it",
    TicketState.FIXED: "已处置，待核查 · mended, to be checked",
    TicketState.CLOSED: "已核查结案 · checked and closed",
    TicketState.RATED: "已核查结案 · checked and closed",
}


def services() -> list[Shown]:
    """What can be reported."""
    return [
        {
            "service_code": c.code,
            "service_name": c.name,
            "description": f"{c.en}; mended within {c.limit.amount} {_UNITS[c.limit.unit]}",
            "metadata": False,
            "type": "realtime",
            "keywords": c.en.lower(),
            "group": "事件" if c.kind == "event" else "部件",
        }
        for c in book().classes
    ]


def definition(found: TicketClass) -> Shown:
    """The further questions of a class: none has any."""
    return {"service_code": found.code, "attributes": []}


def partner(district: str | None, key: str | None) -> Partner:
    """The partner whose key it is, of the district when one was named."""
    if key is None:
        raise KEY_NEEDED()
    found = partner_by_key(key)
    if found is None or district not in (None, found.district):
        raise KEY_INVALID()
    return found


def post(poster: Partner, report: Report) -> Shown:
    """A partner's report becomes a ticket at once; it has no reporter and earns nothing."""
    with transaction():
        ticket = receive(poster.district, report, partner=poster.id)
    return {
        "service_request_id": ticket.id,
        "service_notice": "已收到，24 小时内核实 · received; verified within 24 hours",
        "account_id": None,
    }


def request_of_token(district: str, token: str) -> Shown:
    """The id behind a token: ids are given at once, so they are the same."""
    return {"service_request_id": _ticket(district, token).id, "token": token}


def request_of(district: str, identifier: str) -> Shown:
    return shown(_ticket(district, identifier))


def requests(district: str, wanted: Wanted) -> list[Shown]:
    """Newest first, at most 1000."""
    query = rows(Ticket, district)
    query = _filtered(query, wanted) if wanted.ids is None else query.where(Ticket.id.in_(wanted.ids))
    newest = query.order_by(Ticket.reported_at.desc(), Ticket.id.desc()).limit(MOST_ROWS)
    return [shown(ticket) for ticket in db.session.scalars(newest)]


def shown(ticket: Ticket) -> Shown:
    """A ticket as anyone may see it. What a report says is shown once staff have verified it; photos never are."""
    verified = ticket.filed_at is not None
    named = next((c for c in book().classes if c.name == ticket.category), None)
    return {
        "service_request_id": ticket.id,
        "status": "closed" if ticket.state in ENDED else "open",
        "status_notes": _NOTES[TicketState(ticket.state)],
        "service_name": ticket.category,
        "service_code": named.code if named else "other",
        "description": ticket.description if verified else None,
        "agency_responsible": next((u.zh for u in book().units if u.code == ticket.unit), None),
        "service_notice": None,
        "requested_datetime": _w3c(ticket.reported_at),
        "updated_datetime": _w3c(ticket.updated_at),
        "expected_datetime": _w3c(ticket.due_at),
        "address": ticket.address if verified else None,
        "address_id": ticket.street,
        "zipcode": None,
        "lat": ticket.lat,
        "long": ticket.lon,
        "media_url": None,
    }


def _filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.where(Ticket.reported_at >= wanted.since, Ticket.reported_at <= wanted.until)
    if wanted.categories is not None:
        query = query.where(Ticket.category.in_(wanted.categories))
    if wanted.statuses == {"open"}:
        query = query.where(Ticket.state.in_(OPEN))
    elif wanted.statuses == {"closed"}:
        query = query.where(Ticket.state.in_(ENDED))
    return query


def _ticket(district: str, identifier: str) -> Ticket:
    if not is_id(identifier):
        raise NOT_FOUND()
    return find(Ticket, district, identifier)


def _w3c(at: datetime | None) -> str | None:
    return at.astimezone(zone()).isoformat(timespec="seconds") if at else None
