"""Signing up for a shift and leaving it."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.volunteering.signups import schemas, service
from backend.volunteering.signups.models import SignUp

endpoints = Endpoints("signups", __name__, description="活动报名 · sign-ups for activities")


@endpoints.endpoint(
    "POST",
    "/activities/<activity>/signups",
    may="activities.join",
    body=schemas.SignUpBody,
    answer=schemas.SignUpSchema,
    status=201,
)
def sign_up(caller: Caller, activity: str, body: dict[str, Any]) -> SignUp:
    """Take a place in a shift, after reading the risks."""
    return service.sign_up(caller, activity, **body)


@endpoints.endpoint("DELETE", "/activities/<activity>/signups/<signup>", may="activities.join", status=204)
def leave_activity(caller: Caller, activity: str, signup: str) -> None:
    """Leave: one step, no reason asked."""
    service.leave(caller, activity, signup)


@endpoints.endpoint(
    "GET",
    "/activities/<activity>/signups",
    may="activities.join",
    query=PageQuery,
    answer=schemas.SignUpPageSchema,
)
def list_my_signups(caller: Caller, activity: str, query: dict[str, Any]) -> Page:
    """My own sign-ups for an activity."""
    return service.mine(caller, activity, **query)
