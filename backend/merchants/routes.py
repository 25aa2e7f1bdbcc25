"""The office keeps the list of merchants and their clerks; a clerk signs in."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.db import find, rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.merchants import schemas, service, sign_in
from backend.merchants.models import Clerk, Merchant

endpoints = Endpoints("merchants", __name__, description="商户 · merchants, their shops and clerks")


@endpoints.endpoint(
    "POST",
    "/staff/merchants",
    may="merchants.manage",
    body=schemas.MerchantBody,
    answer=schemas.MerchantWithShopsSchema,
    status=201,
)
def add_merchant(caller: Caller, body: dict[str, Any]) -> Merchant:
    """Take in a merchant with its shops."""
    return service.add_merchant(caller, **body)


@endpoints.endpoint("GET", "/staff/merchants", may="merchants.see", query=PageQuery, answer=schemas.MerchantPageSchema)
def list_merchants(caller: Caller, query: dict[str, Any]) -> Page:
    """The merchants of the district."""
    return page_of(rows(Merchant, caller.district), Merchant, **query)


@endpoints.endpoint(
    "POST",
    "/staff/merchants/<id>/clerks",
    may="merchants.manage",
    body=schemas.ClerkBody,
    answer=schemas.ClerkSchema,
    status=201,
)
def add_clerk(caller: Caller, id: str, body: dict[str, Any]) -> Clerk:  # noqa: A002 - the path's own word
    """Let somebody stand at a merchant's counter."""
    return service.add_clerk(caller, id, **body)


@endpoints.endpoint(
    "GET",
    "/staff/merchants/<id>/clerks",
    may="merchants.see",
    query=PageQuery,
    answer=schemas.ClerkPageSchema,
)
def list_clerks(caller: Caller, id: str, query: dict[str, Any]) -> Page:  # noqa: A002 - the path's own word
    """Who stands at a merchant's counters."""
    merchant = find(Merchant, caller.district, id)
    return page_of(rows(Clerk, caller.district).where(Clerk.merchant == merchant.id), Clerk, **query)


@endpoints.endpoint(
    "POST",
    "/merchant/session",
    may="open",
    body=schemas.ClerkSignInBody,
    answer=schemas.ClerkSignedInSchema,
    status=201,
    repeats=None,
)
def sign_in_clerk(caller: Caller, body: dict[str, Any]) -> sign_in.SignedIn:
    """A clerk's name and password become a token."""
    return sign_in.sign_in(**body)
