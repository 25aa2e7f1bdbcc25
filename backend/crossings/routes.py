"""A resident takes points along to another district, and sees where they are."""

from __future__ import annotations

from typing import Any

from backend.crossings import schemas, service
from backend.crossings.models import Crossing
from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery

endpoints = Endpoints("crossings", __name__, description="跨区转移 · transfers between districts")


@endpoints.endpoint(
    "POST",
    "/me/transfers",
    may="me",
    body=schemas.TransferBody,
    answer=schemas.TransferSchema,
    status=201,
    before=service.foresee,
)
def ask_transfer(caller: Caller, body: dict[str, Any]) -> Crossing:
    """Take points along to another district where I am signed up too."""
    return service.ask(caller, **body)


@endpoints.endpoint("GET", "/me/transfers", may="me", query=PageQuery, answer=schemas.TransferPageSchema)
def list_transfers(caller: Caller, query: dict[str, Any]) -> Page:
    """What I took along from this district, newest first."""
    return service.own(caller, **query)


@endpoints.endpoint("GET", "/me/transfers/<id>", may="me", answer=schemas.TransferSchema)
def see_transfer(caller: Caller, id: str) -> Crossing:  # noqa: A002 - the path's own word
    """One transfer, and where its points are."""
    return service.see(caller, id)
