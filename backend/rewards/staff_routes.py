"""Staff publish rewards, close and open merchants, clerks, rewards and residents, and settle merchants."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.kit.http.idempotency import answered_before, key_of_request
from backend.merchants.service import clerk_of
from backend.rewards import gates, schemas, service, settlement
from backend.rewards.models import GateChange

# ruff: noqa: A002 - `id` is the path's own word
endpoints = Endpoints("staff_rewards", __name__, description="兑换管理 · rewards, gates and settlements")


@endpoints.endpoint(
    "POST",
    "/staff/rewards",
    may="rewards.publish",
    body=schemas.RewardBody,
    answer=schemas.RewardSchema,
    status=201,
)
def add_reward(caller: Caller, body: dict[str, Any]) -> service.Shown:
    """Offer a reward; it is `published` as soon as the ledger has it, right after this answer was committed."""
    return service.add(caller, **body)


@endpoints.endpoint("GET", "/staff/rewards", may="rewards.publish", query=PageQuery, answer=schemas.RewardPageSchema)
def list_all_rewards(caller: Caller, query: dict[str, Any]) -> Page:
    """All rewards, closed and past ones too."""
    return service.list_all(caller, **query)


@endpoints.endpoint(
    "PUT", "/staff/rewards/<id>", may="rewards.publish", body=schemas.RewardTermsBody, answer=schemas.RewardSchema
)
def change_reward(caller: Caller, id: str, body: dict[str, Any]) -> service.Shown:
    """Give a reward new terms, whole."""
    return service.change(caller, id, **body)


@endpoints.endpoint(
    "POST",
    "/staff/rewards/<id>/stock",
    may="rewards.publish",
    body=schemas.RewardStockBody,
    answer=schemas.RewardStockSchema,
    repeats="ledger",
)
def add_reward_stock(caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Add stock, or take some back; the Idempotency-Key becomes the posting's id."""
    receipt = service.add_stock(caller, id, key_of_request(), body["delta"])
    if receipt.replayed:
        answered_before()
    return {"id": id, "stock": receipt.data["stock"]}


def _turning(method_path: str, may: str, kind: str, *, is_open: bool, name: str) -> None:
    """One route that closes or opens something; the Idempotency-Key becomes the id of the ledger's entry."""

    def turn(caller: Caller, id: str, body: dict[str, Any], clerk: str | None = None) -> GateChange:
        subject = clerk_of(caller.district, id, clerk).id if clerk is not None else id
        return gates.turn(caller, kind, subject, key_of_request(), is_open=is_open, reason=body["reason"])

    turn.__name__ = name
    turn.__doc__ = f"{'Open' if is_open else 'Close'} it with a reason; answered when the ledger has it."
    endpoints.endpoint(
        "POST", method_path, may=may, body=schemas.GateBody, answer=schemas.GateSchema, repeats="ledger"
    )(turn)


for _is_open, _word in ((False, "close"), (True, "open")):
    _turning(
        f"/staff/merchants/<id>/{_word}", "merchants.manage", "merchant", is_open=_is_open, name=f"{_word}_merchant"
    )
    _turning(
        f"/staff/merchants/<id>/clerks/<clerk>/{_word}",
        "merchants.manage",
        "clerk",
        is_open=_is_open,
        name=f"{_word}_clerk",
    )
    _turning(
        f"/staff/residents/<id>/{_word}", "residents.close", "resident", is_open=_is_open, name=f"{_word}_resident"
    )
    _turning(f"/staff/rewards/<id>/{_word}", "rewards.publish", "offer", is_open=_is_open, name=f"{_word}_reward")


@endpoints.endpoint("GET", "/staff/merchants/<id>", may="merchants.see", answer=schemas.MerchantAccountSchema)
def see_merchant(caller: Caller, id: str) -> settlement.Account:
    """A merchant, its shops and what it is owed."""
    return settlement.account(caller, id)


@endpoints.endpoint(
    "POST",
    "/staff/merchants/<id>/settlements",
    may="merchants.settle",
    body=schemas.SettlementBody,
    answer=schemas.SettlementSchema,
    status=201,
    repeats="ledger",
)
def settle_merchant(caller: Caller, id: str, body: dict[str, Any]) -> settlement.Settlement:
    """A merchant was paid; the Idempotency-Key becomes the posting's id."""
    return settlement.settle(caller, id, key_of_request(), **body)
