"""A resident's points and earnings; the staff's funds and rule packs."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.db import NOT_FOUND, rows
from backend.kit.http import Endpoints, Page, PageQuery, page_of
from backend.passbook import funds, packs, schemas, service
from backend.passbook.models import FundTopUp, RulePack
from points.ledger import Balance, chart

endpoints = Endpoints("passbook", __name__, description="积分 · points")


@endpoints.endpoint("GET", "/me/points", may="me", answer=schemas.BalanceSchema)
def see_points(caller: Caller) -> Balance:
    """What I can spend, what is held, what opens later, what expires when."""
    return service.points_of(caller)


@endpoints.endpoint("GET", "/me/earnings", may="me", query=PageQuery, answer=schemas.EarningPageSchema)
def list_earnings(caller: Caller, query: dict[str, Any]) -> Page:
    """What I earned, newest first."""
    return service.earnings_of(caller, **query)


@endpoints.endpoint("GET", "/me/earnings/<id>", may="me", answer=schemas.EarningSchema)
def explain_earning(caller: Caller, id: str) -> service.EarningView:  # noqa: A002 - the path's own word
    """One earning: the rule, the arithmetic, the cap that cut it, in Chinese and English."""
    return service.earning_of(caller, id)


@endpoints.endpoint("GET", "/staff/funds", may="funds.see", answer=schemas.FundsSchema)
def list_funds(caller: Caller) -> dict[str, Any]:
    """What covers the points."""
    return {"items": funds.funds(caller.district)}


@endpoints.endpoint(
    "POST",
    "/staff/funds/<name>/top-ups",
    may="funds.top_up",
    body=schemas.TopUpBody,
    answer=schemas.TopUpSchema,
    status=201,
)
def top_up_fund(caller: Caller, name: str, body: dict[str, Any]) -> FundTopUp:
    """Outside money comes in for a fund."""
    if not chart.is_account(chart.fund(name)):
        raise NOT_FOUND()
    return funds.top_up(caller, name, **body)


@endpoints.endpoint("GET", "/staff/rule-packs", may="rules.see", query=PageQuery, answer=schemas.PackPageSchema)
def list_packs(caller: Caller, query: dict[str, Any]) -> Page:
    """The packs of the district."""
    return page_of(rows(RulePack, caller.district), RulePack, **query)


@endpoints.endpoint(
    "POST", "/staff/rule-packs", may="rules.submit", body=schemas.PackBody, answer=schemas.PackSchema, status=201
)
def submit_pack(caller: Caller, body: dict[str, Any]) -> RulePack:
    """An author hands in a pack."""
    return packs.submit(caller.district, caller.name, body["text"])


@endpoints.endpoint("POST", "/staff/rule-packs/<id>/publish", may="rules.publish", answer=schemas.PackSchema)
def publish_pack(caller: Caller, id: str) -> RulePack:  # noqa: A002 - the path's own word
    """Another person puts it in force."""
    return packs.publish(caller.district, caller.name, id)
