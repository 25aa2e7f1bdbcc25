"""A resident's points and earnings, with the way to object; the staff's funds."""

from __future__ import annotations

from typing import Any

from backend.kit.appeals.schemas import AppealBody
from backend.kit.auth import Caller
from backend.kit.db import rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.passbook import appeals, funds, schemas, service, stars
from backend.passbook.models import FundTopUp
from points.ledger import Balance

# ruff: noqa: A002 - `id` is the path's own word
endpoints = Endpoints("passbook", __name__, description="积分 · points")


@endpoints.endpoint("GET", "/me/points", may="me", answer=schemas.BalanceSchema)
def see_points(caller: Caller) -> Balance:
    """What I can spend, what is held, what opens later, what expires when."""
    return service.points_of(caller)


@endpoints.endpoint("GET", "/me/stars", may="me", answer=schemas.StarsSchema)
def see_stars(caller: Caller) -> dict[str, Any]:
    """My star grade by confirmed hours, since when, what is under public notice, and where the next one begins."""
    return stars.stars_of(caller)


@endpoints.endpoint("GET", "/me/earnings", may="me", query=PageQuery, answer=schemas.EarningPageSchema)
def list_earnings(caller: Caller, query: dict[str, Any]) -> Page:
    """What I earned, newest first."""
    return service.earnings_of(caller, **query)


@endpoints.endpoint("GET", "/me/earnings/<id>", may="me", answer=schemas.EarningSchema)
def explain_earning(caller: Caller, id: str) -> service.EarningView:
    """One earning: the rule, the arithmetic, the cap that cut it, in Chinese and English."""
    return service.earning_of(caller, id)


@endpoints.endpoint(
    "POST",
    "/me/earnings/<id>/appeal",
    may="me",
    body=AppealBody,
    answer=schemas.EarningAppealSchema,
    status=201,
)
def appeal_earning(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Object to what a deed earned; the answer has a clock."""
    return appeals.shown(appeals.appeal(caller, id, **body))


@endpoints.endpoint("GET", "/staff/funds", may="funds.see", answer=schemas.FundsSchema)
def list_funds(caller: Caller) -> dict[str, Any]:
    """What covers the points."""
    return {"items": funds.funds(caller.district)}


@endpoints.endpoint("GET", "/staff/top-ups", may="funds.see", query=PageQuery, answer=schemas.TopUpPageSchema)
def list_top_ups(caller: Caller, query: dict[str, Any]) -> Page:
    """What was paid in, newest first, and what waits for a second person."""
    return page_of(rows(FundTopUp, caller.district), FundTopUp, **query)


@endpoints.endpoint(
    "POST",
    "/staff/funds/<name>/top-ups",
    may="funds.top_up",
    body=schemas.TopUpBody,
    answer=schemas.TopUpSchema,
    status=201,
)
def top_up_fund(caller: Caller, name: str, body: dict[str, Any]) -> FundTopUp:
    """Outside money comes in for a fund of the district; a large sum waits for a second person."""
    return funds.top_up(caller, name, **body)


@endpoints.endpoint("POST", "/staff/top-ups/<id>/confirm", may="funds.top_up", answer=schemas.TopUpSchema)
def confirm_top_up(caller: Caller, id: str) -> FundTopUp:
    """Confirm a large sum as the second person."""
    return funds.confirm(caller, id)
