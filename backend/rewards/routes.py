"""Residents see rewards, redeem them, and show the code."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.kit.http.idempotency import key_of_request
from backend.passbook import redeeming
from backend.passbook.codes import Code
from backend.rewards import redemption_schemas as shapes
from backend.rewards import redemptions, service
from backend.rewards.schemas import RewardPageSchema, RewardSchema

endpoints = Endpoints("rewards", __name__, description="兑换 · rewards and redemptions")


@endpoints.endpoint("GET", "/rewards", may="rewards.see", query=PageQuery, answer=RewardPageSchema)
def list_rewards(caller: Caller, query: dict[str, Any]) -> Page:
    """What can be had for points, with the stock at this moment."""
    return service.list_open(caller, **query)


@endpoints.endpoint("GET", "/rewards/<id>", may="rewards.see", answer=RewardSchema)
def see_reward(caller: Caller, id: str) -> service.Shown:  # noqa: A002 - the path's own word
    """One reward."""
    return service.see(caller, id)


@endpoints.endpoint(
    "GET", "/rewards/<id>/trial", may="redemptions.redeem", query=shapes.TrialQuery, answer=shapes.TrialSchema
)
def try_redeeming(caller: Caller, id: str, query: dict[str, Any]) -> redemptions.Trial:  # noqa: A002 - the path's word
    """What redeeming would answer at this moment; nothing is set aside, and another may be faster."""
    return redemptions.try_out(caller, id, query["quantity"])


@endpoints.endpoint(
    "POST",
    "/redemptions",
    may="redemptions.redeem",
    body=shapes.RedeemBody,
    answer=shapes.RedeemedSchema,
    status=201,
    repeats="ledger",
    beside=redeeming.names,
)
def redeem(caller: Caller, body: dict[str, Any]) -> redemptions.Redeemed:
    """Set points aside for a reward; the Idempotency-Key becomes the redemption's id."""
    return redemptions.redeem(caller, key_of_request(), **body)


@endpoints.endpoint("GET", "/redemptions/<id>", may="redemptions.redeem", answer=shapes.RedemptionSchema)
def see_redemption(caller: Caller, id: str) -> redemptions.Standing:  # noqa: A002 - the path's own word
    """An own redemption as it stands."""
    return redemptions.see(caller, id)


@endpoints.endpoint(
    "POST",
    "/redemptions/<id>/code",
    may="redemptions.redeem",
    body=shapes.RedemptionStepBody,
    answer=shapes.RedemptionCodeSchema,
    status=201,
    repeats="ledger",
)
def show_code(caller: Caller, id: str, body: dict[str, Any]) -> Code:  # noqa: A002 - the path's own word
    """A fresh code for the screen; moves nothing."""
    return redemptions.fresh_code(caller, id, key_of_request())


@endpoints.endpoint("DELETE", "/redemptions/<id>", may="redemptions.redeem", answer=shapes.RedemptionSchema)
def cancel_redemption(caller: Caller, id: str) -> redemptions.Standing:  # noqa: A002 - the path's own word
    """Change one's mind: points and stock come back."""
    return redemptions.cancel(caller, id)
