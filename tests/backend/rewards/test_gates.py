"""Staff close a merchant, a clerk or a reward: it holds for the next posting, and the answer waits for that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backend.kit import outbox
from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id
from backend.passbook import spend
from backend.wiring import ledger
from points.clock import FixedClock
from points.ids import new_id
from points.ledger.refusals import LEDGER_UNREACHABLE
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, Merchant, capture, look_up, redeem
from tests.cast import Person

WHY = {"reason": "盘点"}


@pytest.fixture
def counter(market: Market) -> tuple[Merchant, Person, dict[str, Any]]:
    """A merchant, its clerk, and a redemption whose code the clerk has scanned."""
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    assert look_up(clerk, redemption["code"]).status_code == 200
    return merchant, clerk, redemption


def test_closing_a_merchant_ends_its_sessions_and_is_in_the_ledger(
    market: Market, counter: tuple[Merchant, Person, dict[str, Any]]
) -> None:
    merchant, clerk, redemption = counter
    answer = market.office(Role.ADMIN).post(f"/staff/merchants/{merchant.id}/close", WHY)
    assert (answer.status_code, answer.json["open"], answer.json["reason"]) == (200, False, "盘点")
    assert not ledger(DISTRICT).is_open(f"merchant:{merchant.id}")
    assert capture(clerk, redemption["id"]).json["code"] == "token_invalid"
    assert market.sign_in("柜台-甲").json["code"] == "sign_in_failed"


def test_a_session_that_outlived_the_closing_still_cannot_capture(
    market: Market, counter: tuple[Merchant, Person, dict[str, Any]]
) -> None:
    merchant, clerk, redemption = counter
    admin = market.office(Role.ADMIN)
    for path, code in ((f"clerks/{clerk.id}/", "clerk_closed"), ("", "merchant_closed")):
        assert admin.post(f"/staff/merchants/{merchant.id}/{path}close", WHY).status_code == 200
        left = market.cast.signed_in("clerk", clerk.id, ("clerk",), merchant=merchant.id, shop=merchant.shop)
        answer = capture(left, redemption["id"])
        assert (answer.status_code, answer.json["code"]) == (409, code)
        assert admin.post(f"/staff/merchants/{merchant.id}/{path}open", WHY).status_code == 200
    assert capture(left, redemption["id"]).status_code == 200


def test_a_closed_reward_is_not_redeemed_until_it_is_opened(market: Market) -> None:
    office, resident = market.office(Role.FUND_MANAGER), market.resident(100)
    reward = market.reward(market.merchant())
    office.post(f"/staff/rewards/{reward}/close", WHY)
    answer = redeem(resident, reward)
    assert (answer.status_code, answer.json["code"]) == (409, "offer_closed")
    assert resident.get("/rewards").json["items"] == []
    assert office.get("/staff/rewards").json["items"][0]["state"] == "closed"
    office.post(f"/staff/rewards/{reward}/open", WHY)
    assert redeem(resident, reward).status_code == 201


def test_a_repeated_closing_does_not_undo_a_later_opening(market: Market) -> None:
    admin, merchant, key = market.office(Role.ADMIN), market.merchant(), fresh_id()
    first = admin.post(f"/staff/merchants/{merchant.id}/close", WHY, key=key)
    admin.post(f"/staff/merchants/{merchant.id}/open", WHY)
    again = admin.post(f"/staff/merchants/{merchant.id}/close", WHY, key=key)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert ledger(DISTRICT).is_open(f"merchant:{merchant.id}")
    assert admin.get(f"/staff/merchants/{merchant.id}").json["closed"] is False
    other = admin.post(f"/staff/merchants/{merchant.id}/close", {"reason": "别的"}, key=key)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_while_the_ledger_is_down_staff_are_told_and_the_worker_closes_it_later(
    market: Market, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, merchant = market.office(Role.ADMIN), market.merchant()
    _closed_while_down(monkeypatch, admin, merchant)
    assert ledger(DISTRICT).is_open(f"merchant:{merchant.id}")
    clock.advance(seconds=10)
    outbox.deliver_due()
    assert not ledger(DISTRICT).is_open(f"merchant:{merchant.id}")


def test_a_late_closing_does_not_overtake_an_opening(
    market: Market, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, merchant = market.office(Role.ADMIN), market.merchant()
    key = _closed_while_down(monkeypatch, admin, merchant)
    admin.post(f"/staff/merchants/{merchant.id}/open", WHY)
    clock.advance(seconds=10)
    outbox.deliver_due()
    admin.post(f"/staff/merchants/{merchant.id}/close", WHY, key=key)
    assert ledger(DISTRICT).is_open(f"merchant:{merchant.id}")
    assert outbox.waiting() == 0


def _closed_while_down(monkeypatch: pytest.MonkeyPatch, admin: Person, merchant: Merchant) -> str:
    def down(*_: Any, **__: Any) -> None:
        raise LEDGER_UNREACHABLE()

    key = fresh_id()
    with monkeypatch.context() as patch:
        patch.setattr(spend, "set_gate", down)
        answer = admin.post(f"/staff/merchants/{merchant.id}/close", WHY, key=key)
    assert (answer.status_code, answer.json["code"]) == (503, "ledger_unreachable")
    return key


def test_another_merchants_clerk_is_not_found(market: Market) -> None:
    merchant, other = market.merchant(), market.merchant("别家饭馆（虚构）")
    clerk = market.add_clerk(merchant, "柜台-甲")
    answer = market.office(Role.ADMIN).post(f"/staff/merchants/{other.id}/clerks/{clerk}/close", WHY)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_key_that_the_ledger_would_not_take_still_closes(market: Market, clock: FixedClock) -> None:
    office = market.office(Role.FUND_MANAGER)
    buyer = market.resident(100)
    reward = market.reward(market.merchant())
    taken = redeem(buyer, reward).json["id"]
    for key in (taken, new_id(clock.now() - timedelta(days=2000)), new_id(clock.now() + timedelta(days=3))):
        answer = office.post(f"/staff/rewards/{reward}/close", WHY, key=key)
        assert (answer.status_code, answer.json["open"]) == (200, False), answer.json
        assert redeem(market.resident(100), reward).json["code"] == "offer_closed"
        assert office.post(f"/staff/rewards/{reward}/open", WHY).status_code == 200
