"""A clerk looks a code up and hands the reward over."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.kit.http.idempotency import key_of_request
from backend.rewards import counter
from backend.rewards import redemption_schemas as shapes

endpoints = Endpoints("counter", __name__, description="柜台核销 · at the merchant's counter")


@endpoints.endpoint(
    "POST",
    "/merchant/redemptions/lookup",
    may="redemptions.capture",
    body=shapes.LookupBody,
    answer=shapes.LookedUpSchema,
    repeats=None,
)
def look_up_code(caller: Caller, body: dict[str, Any]) -> counter.LookedUp:
    """What a scanned code is for. The code is its own key: scanned again by the same clerk, the same answer."""
    return counter.lookup(caller, body["code"])


@endpoints.endpoint(
    "POST",
    "/merchant/redemptions/<id>/capture",
    may="redemptions.capture",
    body=shapes.RedemptionStepBody,
    answer=shapes.CapturedSchema,
    repeats="ledger",
)
def capture_redemption(
    caller: Caller,
    id: str,  # noqa: A002 - the path's own word
    body: dict[str, Any],
) -> counter.Captured:
    """Hand the reward over, once; the Idempotency-Key becomes the capture's id."""
    return counter.capture(caller, id, key_of_request())
