"""The office offers rewards; they are published when the ledger has them, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from backend.kit import outbox
from backend.kit.auth.permissions import Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import db
from backend.passbook import spend
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.refusals import LEDGER_UNREACHABLE
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.rewards.people import Market, redeem
from tests.cast import Cast


def test_a_reward_is_published_with_its_stock_and_names(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    reward = market.reward(merchant, stock=3, limits=[{"period": "month", "quantity": 2}])
    shown = cast.resident().get("/rewards").json
    assert shown == {
        "items": [
            {
                "id": reward,
                "title": {"zh": "虚构的帆布袋", "en": "A made-up canvas bag"},
                "price": 30,
                "stock": 3,
                "merchants": [{"id": merchant.id, "name": merchant.name}],
                "starts_at": "2026-11-19T04:00:00+00:00",
                "ends_at": "2026-12-20T04:00:00+00:00",
                "limits": [{"period": "month", "quantity": 2}],
                "state": "published",
            }
        ],
        "next_cursor": None,
    }


def test_a_reward_is_preparing_until_the_ledger_has_it(
    market: Market, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, resident, merchant = market.office(Role.FUND_MANAGER), market.resident(100), market.merchant()

    def down(*_: Any) -> None:
        raise LEDGER_UNREACHABLE()

    with monkeypatch.context() as patch:
        patch.setattr(spend, "put_offer", down)
        reward = market.reward(merchant)
        assert office.get(f"/rewards/{reward}").json["state"] == "preparing"
        assert resident.get(f"/rewards/{reward}").json["code"] == "not_found"
        assert resident.get("/rewards").json["items"] == []
    clock.advance(minutes=5)
    outbox.deliver_due()
    assert resident.get(f"/rewards/{reward}").json["state"] == "published"
    assert redeem(resident, reward).status_code == 201


def test_new_terms_hold_for_the_next_redemption(market: Market) -> None:
    office, resident, merchant = market.office(Role.FUND_MANAGER), market.resident(100), market.merchant()
    reward = market.reward(merchant, price=30, stock=3)
    before = redeem(resident, reward).json
    changed = office.put(f"/staff/rewards/{reward}", market.terms(merchant, price=50))
    after = redeem(resident, reward).json
    assert (changed.status_code, changed.json["state"], changed.json["price"]) == (200, "published", 50)
    assert (before["points"], after["points"]) == (30, 50)
    assert changed.json["stock"] == 2


def test_stock_comes_and_is_taken_back_but_never_below_zero(market: Market) -> None:
    office, reward, key = market.office(Role.FUND_MANAGER), market.reward(market.merchant(), stock=3), fresh_id()
    more = office.post(f"/staff/rewards/{reward}/stock", {"delta": 2}, key=key)
    again = office.post(f"/staff/rewards/{reward}/stock", {"delta": 2}, key=key)
    assert (more.json, again.json) == ({"id": reward, "stock": 5}, {"id": reward, "stock": 5})
    assert again.headers["Idempotency-Replayed"] == "true"
    answer = office.post(f"/staff/rewards/{reward}/stock", {"delta": -6})
    assert (answer.status_code, answer.json["code"]) == (409, "stock_short")
    assert office.post(f"/staff/rewards/{reward}/stock", {"delta": -5}).json["stock"] == 0


def test_terms_that_cannot_be_are_refused(market: Market) -> None:
    office, merchant = market.office(Role.FUND_MANAGER), market.merchant()
    wrong: list[dict[str, Any]] = [
        {"price": 0},
        {"price": 1_000_001},
        {"price": 1.5},
        {"stock": -1},
        {"title": {"zh": " ", "en": "x"}},
        {"title": {"zh": "帆布袋"}},
        {"ends_at": (now() - timedelta(days=2)).isoformat()},
        {"ends_at": "tomorrow"},
        {"limits": [{"period": "day", "quantity": 1}] * 2},
        {"limits": [{"period": "fortnight", "quantity": 1}]},
        {"merchants": []},
        {"merchants": [merchant.id] * 2},
        {"state": "published"},
    ]
    for part in wrong:
        answer = office.post("/staff/rewards", market.terms(merchant) | {"stock": 1} | part)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields"), part
    answer = office.post("/staff/rewards", market.terms(merchant) | {"stock": 1, "merchants": [fresh_id()]})
    assert (answer.status_code, answer.json["code"]) == (422, "merchant_unknown")


def test_a_title_of_several_lines_becomes_one(market: Market) -> None:
    reward = market.reward(market.merchant(), title={"zh": "帆布袋\n\t大号", "en": "bag\u2028large"})
    assert market.resident(1).get(f"/rewards/{reward}").json["title"] == {"zh": "帆布袋 大号", "en": "bag large"}
    assert spend.title_of(ledger(DISTRICT).offer(reward)) == {"zh": "帆布袋 大号", "en": "bag large"}


def test_only_the_fund_manager_publishes(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    body = market.terms(merchant) | {"stock": 1}
    for person in (cast.resident(), cast.staff(Role.ADMIN, Role.REVIEWER), market.clerk(merchant)):
        answer = person.post("/staff/rewards", body)
        assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")


def test_another_districts_reward_is_not_found(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    reward = market.reward(merchant)
    there = cast.staff(Role.FUND_MANAGER, district=OTHER_DISTRICT)
    tries = [
        there.get(f"/rewards/{reward}"),
        there.put(f"/staff/rewards/{reward}", market.terms(merchant)),
        there.post(f"/staff/rewards/{reward}/stock", {"delta": 1}),
        there.post(f"/staff/rewards/{reward}/close", {"reason": "缺货"}),
        there.get(f"/staff/merchants/{merchant.id}"),
        there.post(f"/staff/merchants/{merchant.id}/settlements", {"amount": 1}),
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in tries] == [(404, "not_found")] * 6
    assert there.get("/staff/rewards").json["items"] == []


def test_a_list_of_many_costs_as_few_queries_as_a_list_of_one(market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(1)
    counts = []
    for _ in range(2):
        market.reward(merchant)
        market.reward(merchant)
        seen: list[str] = []
        with counted(seen):
            assert resident.get("/rewards").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


@contextmanager
def counted(seen: list[str]) -> Iterator[None]:
    """Collect the statements sent to the books."""

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
