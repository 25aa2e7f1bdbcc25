"""Tickets over HTTP: report, verify, send, mend, check, rate."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.tickets import filing, handling, joining, rating, schemas, service
from backend.tickets.classes import book

endpoints = Endpoints("tickets", __name__, description="工单 · tickets about places")


@endpoints.endpoint("GET", "/tickets/classes", may="tickets.classes", answer=schemas.TicketClassesSchema)
def list_ticket_classes(caller: Caller) -> dict[str, Any]:
    """What can be reported, and how long it may take."""
    return {"items": book().classes}


@endpoints.endpoint("GET", "/tickets/units", may="tickets.classes", answer=schemas.TicketUnitsSchema)
def list_units(caller: Caller) -> dict[str, Any]:
    """Who mends."""
    return {"items": book().units}


@endpoints.endpoint(
    "POST", "/tickets", may="tickets.report", body=schemas.TicketReportBody, answer=schemas.TicketSchema, status=201
)
def report_ticket(caller: Caller, body: dict[str, Any]) -> Any:
    """Report what is wrong with a place; never a person."""
    return service.report(caller, **body)


@endpoints.endpoint("GET", "/tickets", may="tickets.see", query=schemas.TicketQuery, answer=schemas.TicketPage)
def list_tickets(caller: Caller, query: dict[str, Any]) -> Any:
    """Own tickets; for staff, all of the district."""
    return service.tickets(caller, **query)


@endpoints.endpoint("GET", "/tickets/<id>", may="tickets.see", answer=schemas.TicketSchema)
def see_ticket(caller: Caller, id: str) -> Any:  # noqa: A002 - the path's word
    """One ticket with its steps."""
    return service.ticket(caller, id)


@endpoints.endpoint("GET", "/tickets/<id>/duplicates", may="tickets.verify", answer=schemas.TicketSuggestionsSchema)
def suggest_duplicates(caller: Caller, id: str) -> dict[str, Any]:  # noqa: A002 - the path's word
    """Earlier open tickets that may be the same; nothing is closed by a machine."""
    return {"items": filing.suggestions(caller, id)}


@endpoints.endpoint(
    "POST", "/tickets/<id>/verify", may="tickets.verify", body=schemas.TicketVerifyBody, answer=schemas.TicketSchema
)
def verify_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Verify and file; its reporter earns."""
    return filing.verify(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/join", may="tickets.verify", body=schemas.TicketJoinBody, answer=schemas.TicketSchema
)
def join_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """A filed one is the same as an earlier report: it follows that one, and a correction of who was first is asked."""
    return joining.join(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/refuse", may="tickets.verify", body=schemas.TicketReasonBody, answer=schemas.TicketSchema
)
def refuse_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Refuse, with a reason that its reporter reads."""
    return filing.refuse(caller, id, **body)


@endpoints.endpoint(
    "POST",
    "/tickets/<id>/dispatch",
    may="tickets.dispatch",
    body=schemas.TicketDispatchBody,
    answer=schemas.TicketSchema,
)
def dispatch_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Send to the unit that must mend it."""
    return handling.dispatch(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/return", may="tickets.fix", body=schemas.TicketReasonBody, answer=schemas.TicketSchema
)
def return_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Hand back what is not one's own."""
    return handling.give_back(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/fix", may="tickets.fix", body=schemas.TicketFixBody, answer=schemas.TicketSchema
)
def fix_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Say what was done."""
    return handling.fix(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/check", may="tickets.check", body=schemas.TicketCheckBody, answer=schemas.TicketSchema
)
def check_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Look whether it is so: close it, or send it back."""
    return handling.check(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/rate", may="tickets.rate", body=schemas.TicketRateBody, answer=schemas.TicketSchema
)
def rate_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """1 to 5, by its reporter."""
    return rating.rate(caller, id, **body)


@endpoints.endpoint(
    "POST", "/tickets/<id>/reopen", may="tickets.rate", body=schemas.TicketReasonBody, answer=schemas.TicketSchema
)
def reopen_ticket(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Its reporter is unhappy: it goes on."""
    return rating.reopen(caller, id, **body)
