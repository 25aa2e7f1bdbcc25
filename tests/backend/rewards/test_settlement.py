"""A merchant is paid for what it gave."""

from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id
from backend.wiring import ledger
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, Merchant, capture, look_up, redeem
from tests.cast import Cast


def _sold(market: Market) -> Merchant:
    """A merchant that has captured one reward of 30 points."""
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    look_up(clerk, redemption["code"])
    assert capture(clerk, redemption["id"]).status_code == 200
    return merchant


def test_a_settlement_lowers_the_merchants_account_once(market: Market) -> None:
    merchant, office, key = _sold(market), market.office(Role.FUND_MANAGER), fresh_id()
    body = {"amount": 20, "memo": "十一月第一笔"}
    first = office.post(f"/staff/merchants/{merchant.id}/settlements", body, key=key)
    again = office.post(f"/staff/merchants/{merchant.id}/settlements", body, key=key)
    assert (first.status_code, first.json["amount"], first.json["balance"]) == (201, 20, 10)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    shown = office.get(f"/staff/merchants/{merchant.id}").json
    assert (shown["balance"], shown["shops"][0]["name"]) == (10, "一号柜台")
    assert ledger(DISTRICT).account("world") == -100 + 20


def test_more_than_the_balance_is_refused(market: Market) -> None:
    merchant, office = _sold(market), market.office(Role.FUND_MANAGER)
    answer = office.post(f"/staff/merchants/{merchant.id}/settlements", {"amount": 31})
    assert (answer.status_code, answer.json["code"]) == (409, "merchant_short")
    for amount in (0, -1, 10**6 + 1, "20", 1.0):
        answer = office.post(f"/staff/merchants/{merchant.id}/settlements", {"amount": amount})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")


def test_an_admin_does_not_settle(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    answer = cast.staff(Role.ADMIN).post(f"/staff/merchants/{merchant.id}/settlements", {"amount": 1})
    assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")
