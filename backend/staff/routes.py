"""Staff sign in; an admin keeps the list of staff and partners."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.db import rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.staff import schemas, service
from backend.staff.models import StaffMember

endpoints = Endpoints("staff", __name__, description="工作人员与合作系统 · staff and partners")


@endpoints.endpoint(
    "POST",
    "/staff/session",
    may="open",
    body=schemas.StaffSignInBody,
    answer=schemas.StaffSignedInSchema,
    status=201,
    repeats=None,
)
def sign_in_staff(caller: Caller, body: dict[str, Any]) -> service.SignedIn:
    """Name, password and one-time code become a token."""
    return service.sign_in(**body)


@endpoints.endpoint("PUT", "/staff/password", may="open", body=schemas.PasswordBody, answer=schemas.EnrolledSchema)
def set_staff_password(caller: Caller, body: dict[str, Any]) -> service.Enrolled:
    """Use a one-time token to set a password; answers the secret of the one-time codes."""
    return service.set_password(body["setup_token"], body["password"])


@endpoints.endpoint("GET", "/staff/members", may="staff.manage", query=PageQuery, answer=schemas.StaffPageSchema)
def list_staff(caller: Caller, query: dict[str, Any]) -> Page:
    """Who is staff."""
    return page_of(rows(StaffMember, caller.district), StaffMember, **query)


@endpoints.endpoint(
    "POST", "/staff/members", may="staff.manage", body=schemas.InviteBody, answer=schemas.InvitedSchema, status=201
)
def invite_staff(caller: Caller, body: dict[str, Any]) -> service.Invited:
    """Make a member; the answer holds the one-time token for their password."""
    return service.invite(caller.district, caller.name, **body)


@endpoints.endpoint(
    "PUT", "/staff/members/<id>", may="staff.manage", body=schemas.ChangeStaffBody, answer=schemas.StaffSchema
)
def change_staff(caller: Caller, id: str, body: dict[str, Any]) -> StaffMember:  # noqa: A002 - the path's own word
    """Change roles, link the same person's account as a resident, or close a member; counts from their next request."""
    return service.change(caller, id, **body)


@endpoints.endpoint(
    "POST",
    "/staff/partners",
    may="partners.manage",
    body=schemas.PartnerBody,
    answer=schemas.NewPartnerSchema,
    status=201,
)
def add_partner(caller: Caller, body: dict[str, Any]) -> service.NewPartner:
    """Give another system a key for Open311."""
    return service.add_partner(caller, **body)
