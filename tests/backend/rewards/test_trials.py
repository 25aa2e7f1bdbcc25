"""Before redeeming a resident asks what it would answer: the same as redeeming, and nothing is set aside."""

from __future__ import annotations

import pytest

from backend.kit.db import db
from backend.passbook.models import RedemptionTurn
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.refusals import LEDGER_UNREACHABLE
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, redeem
from tests.backend.rewards.test_redeeming_rules import FROM_80_POINTS, ONCE_A_QUARTER, in_force


def test_a_trial_says_what_would_be_taken_and_left_and_writes_nothing(market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant(), stock=3)
    before = ledger(DISTRICT).head()
    told = resident.get(f"/rewards/{reward}/trial", quantity=2)
    assert told.status_code == 200, told.text
    assert told.json == {"possible": True, "available": 100, "points": 60, "left": 40, "refusal": None}
    assert ledger(DISTRICT).head() == before
    assert resident.get(f"/rewards/{reward}").json["stock"] == 3


def test_a_trial_is_refused_as_redeeming_would_be(market: Market) -> None:
    merchant, poor, rich = market.merchant(), market.resident(10), market.resident(1000, "钱多多")
    limited = market.reward(merchant, stock=9, limits=[{"period": "day", "quantity": 1}])
    few = market.reward(merchant, stock=1)
    assert redeem(rich, limited).status_code == 201
    for person, reward, quantity in ((poor, few, 1), (rich, few, 2), (rich, limited, 1)):
        seen = person.get(f"/rewards/{reward}/trial", quantity=quantity).json
        refused = redeem(person, reward, quantity=quantity).json
        assert not seen["possible"]
        assert (seen["refusal"]["code"], seen["refusal"]["said"]["zh"]) == (refused["code"], refused["detail"])
    assert (seen["points"], seen["left"]) == (None, None)


def test_a_trial_asks_the_pack_in_force_and_takes_no_turn(market: Market) -> None:
    in_force(market.cast, "  least_points: 20\n", ONCE_A_QUARTER)
    resident, reward = market.resident(100), market.reward(market.merchant())
    for _ in range(3):
        assert resident.get(f"/rewards/{reward}/trial").json["possible"]
    assert db.session.query(RedemptionTurn).count() == 0
    assert redeem(resident, reward).status_code == 201
    assert resident.get(f"/rewards/{reward}/trial").json["refusal"]["code"] == "rules_redemption_too_often"


def test_a_trial_keeps_to_the_least_points_of_the_pack(market: Market) -> None:
    in_force(market.cast, FROM_80_POINTS)
    resident, reward = market.resident(79), market.reward(market.merchant())
    assert resident.get(f"/rewards/{reward}/trial").json["refusal"]["code"] == "rules_redemption_too_few_points"


def test_a_trial_of_what_is_not_there_is_not_found(market: Market) -> None:
    resident = market.resident(100)
    assert resident.get("/rewards/019c0000-0000-7000-8000-000000000000/trial").status_code == 404
    assert resident.get("/rewards/x/trial").status_code == 404


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "true", "1001"])
def test_a_trial_of_no_quantity_is_refused(market: Market, quantity: str) -> None:
    reward = market.reward(market.merchant())
    assert market.resident(100).get(f"/rewards/{reward}/trial", quantity=quantity).status_code == 422


def test_while_the_ledger_is_away_nothing_is_promised(
    market: Market, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant())

    def away(*_: object) -> None:
        raise LEDGER_UNREACHABLE()

    monkeypatch.setattr("points.ledger.Ledger.preview", away)
    assert resident.get(f"/rewards/{reward}/trial").status_code == 503
