"""Households over HTTP: founded, joined and left by residents, helped by the staff."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.residents.households import schemas, service

# ruff: noqa: A002 - `id` is the path's own word
endpoints = Endpoints("households", __name__, description="住户 · households")


@endpoints.endpoint("GET", "/me/household", may="me", answer=schemas.HouseholdSchema)
def see_household(caller: Caller) -> dict[str, Any]:
    """Who is in my household; only limits that count by household look at it."""
    return {"members": service.mine(caller)}


@endpoints.endpoint("POST", "/me/household", may="me", answer=schemas.HouseholdSchema, status=201)
def found_household(caller: Caller) -> dict[str, Any]:
    """Found a household with me as its head; sending it is the consent to keep it."""
    return {"members": service.found(caller)}


@endpoints.endpoint("POST", "/me/household/invitations", may="me", answer=schemas.HouseholdInvitationSchema, status=201)
def invite_to_household(caller: Caller) -> service.Invited:
    """A code for one more person of my household."""
    return service.invite(caller)


@endpoints.endpoint(
    "POST", "/me/household/join", may="me", body=schemas.JoinHouseholdBody, answer=schemas.HouseholdSchema, status=201
)
def join_household(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Join the household whose head gave me a code; sending it is the consent to keep it."""
    return {"members": service.join(caller, **body)}


@endpoints.endpoint("DELETE", "/me/household", may="me", status=204)
def leave_household(caller: Caller) -> None:
    """Leave my household; nothing of it is kept but what past deeds were counted by."""
    service.leave(caller)


@endpoints.endpoint("DELETE", "/me/household/members/<id>", may="me", status=204)
def remove_from_household(caller: Caller, id: str) -> None:
    """Let somebody of my household go, as its head."""
    service.remove(caller, id)


@endpoints.endpoint(
    "PUT", "/staff/residents/<id>/household", may="households.keep", body=schemas.IntoHouseholdBody, status=204
)
def put_into_household(caller: Caller, id: str, body: dict[str, Any]) -> None:
    """Put a resident who consents to it into somebody's household."""
    service.put(caller, id, **body)


@endpoints.endpoint("DELETE", "/staff/residents/<id>/household", may="households.keep", status=204)
def take_out_of_household(caller: Caller, id: str) -> None:
    """Take a resident out of their household."""
    service.take_away(caller, id)
