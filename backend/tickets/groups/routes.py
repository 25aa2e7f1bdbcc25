"""Reporter groups, for the staff who keep them."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, PageQuery
from backend.tickets.groups import schemas, service

endpoints = Endpoints("reporter_groups", __name__, description="拍客小组 · groups of photo reporters")


@endpoints.endpoint(
    "POST",
    "/staff/reporter-groups",
    may="reporter_groups.manage",
    body=schemas.ReporterGroupBody,
    answer=schemas.ReporterGroupSchema,
    status=201,
)
def make_reporter_group(caller: Caller, body: dict[str, Any]) -> Any:
    """Make a group of photo reporters."""
    return service.make_group(caller, **body)


@endpoints.endpoint(
    "GET", "/staff/reporter-groups", may="reporter_groups.manage", query=PageQuery, answer=schemas.ReporterGroupPage
)
def list_reporter_groups(caller: Caller, query: dict[str, Any]) -> Any:
    """The groups of the district."""
    return service.groups(caller, **query)


@endpoints.endpoint(
    "GET", "/staff/reporter-groups/<id>", may="reporter_groups.manage", answer=schemas.ReporterGroupSchema
)
def see_reporter_group(caller: Caller, id: str) -> Any:  # noqa: A002 - the path's word
    """One group."""
    return service.group(caller, id)


@endpoints.endpoint(
    "GET",
    "/staff/reporter-groups/<id>/members",
    may="reporter_groups.manage",
    query=PageQuery,
    answer=schemas.ReporterMemberPage,
)
def list_reporters(caller: Caller, id: str, query: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Who is in a group."""
    return service.members(caller, id, **query)


@endpoints.endpoint(
    "POST",
    "/staff/reporter-groups/<id>/members",
    may="reporter_groups.manage",
    body=schemas.ReporterMemberBody,
    answer=schemas.ReporterMemberSchema,
    status=201,
)
def add_reporter(caller: Caller, id: str, body: dict[str, Any]) -> Any:  # noqa: A002 - the path's word
    """Put a resident into a group."""
    return service.add_member(caller, id, **body)


@endpoints.endpoint(
    "DELETE", "/staff/reporter-groups/<id>/members/<resident>", may="reporter_groups.manage", status=204
)
def remove_reporter(caller: Caller, id: str, resident: str) -> None:  # noqa: A002 - the path's word
    """Take a resident out of a group."""
    service.remove_member(caller, id, resident)
