"""A resident redeems, looks, shows a fresh code, changes their mind."""

from backend.kit.clock import fresh_id
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, redeem
from tests.cast import Cast


def test_redeeming_sets_points_and_stock_aside_and_shows_a_code(market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant(), stock=3)
    answer = redeem(resident, reward, quantity=2)
    assert answer.status_code == 201, answer.json
    assert (answer.json["points"], answer.json["state"]) == (60, "held")
    assert answer.json["code_expires_at"] == "2026-11-20T04:01:00+00:00"
    assert answer.json["expires_at"] == "2026-11-20T04:30:00+00:00"
    assert len(answer.json["code"]) == 72
    balance = ledger(DISTRICT).balance(resident.id)
    assert (balance.available, balance.held) == (40, 60)
    assert resident.get(f"/rewards/{reward}").json["stock"] == 1


def test_a_repeated_request_gets_the_first_answer_even_much_later(market: Market, clock: FixedClock) -> None:
    resident, reward, key = market.resident(100), market.reward(market.merchant()), fresh_id()
    first = redeem(resident, reward, key=key)
    answers = []
    for minutes in (0, 5, 60):
        clock.advance(minutes=minutes)
        answers.append(redeem(resident, reward, key=key))
    assert "Idempotency-Replayed" not in first.headers
    assert [answer.json for answer in answers] == [first.json] * 3
    assert [answer.headers["Idempotency-Replayed"] for answer in answers] == ["true"] * 3
    assert ledger(DISTRICT).balance(resident.id).available == 70


def test_the_same_key_with_another_body_is_refused(market: Market) -> None:
    resident, merchant, key = market.resident(100), market.merchant(), fresh_id()
    one, other = market.reward(merchant), market.reward(merchant)
    redeem(resident, one, key=key)
    for answer in (redeem(resident, one, quantity=2, key=key), redeem(resident, other, key=key)):
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_another_residents_key_is_refused_and_tells_nothing(market: Market) -> None:
    reward, key = market.reward(market.merchant()), fresh_id()
    redeem(market.resident(100), reward, key=key)
    answer = redeem(market.resident(100, "钱多多"), reward, key=key)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_a_redemption_without_a_key_is_refused(market: Market) -> None:
    answer = redeem(market.resident(100), market.reward(market.merchant()), key="not-a-uuid")
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_needed")


def test_each_reason_to_refuse_has_its_own_code(market: Market, clock: FixedClock) -> None:
    merchant, poor, rich = market.merchant(), market.resident(10), market.resident(1000, "钱多多")
    limited = market.reward(merchant, stock=9, limits=[{"period": "day", "quantity": 1}])
    few = market.reward(merchant, stock=1)
    brief = market.reward(merchant, ends_at="2026-11-20T12:30:00+08:00")
    codes = [redeem(poor, few), redeem(rich, few), redeem(rich, few), redeem(rich, fresh_id())]
    codes += [redeem(rich, limited), redeem(rich, limited)]
    clock.advance(minutes=30)
    codes += [redeem(rich, brief)]
    assert [(answer.status_code, answer.json.get("code") or "") for answer in codes if answer.status_code != 201] == [
        (409, "insufficient_points"),
        (409, "out_of_stock"),
        (404, "offer_unknown"),
        (409, "limit_reached"),
        (410, "offer_ended"),
    ]


def test_bad_quantities_are_refused(market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant())
    for quantity in (0, -1, 1.5, True, "1", None, 10**12):
        answer = resident.post("/redemptions", {"reward_id": reward, "quantity": quantity})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields"), quantity


def test_a_fresh_code_is_another_and_its_key_gives_it_again(market: Market, clock: FixedClock) -> None:
    resident, key = market.resident(100), fresh_id()
    redemption = redeem(resident, market.reward(market.merchant())).json
    clock.advance(seconds=59)
    first = resident.post(f"/redemptions/{redemption['id']}/code", {}, key=key)
    clock.advance(seconds=59)
    again = resident.post(f"/redemptions/{redemption['id']}/code", {}, key=key)
    assert (first.status_code, first.json["code_expires_at"]) == (201, "2026-11-20T04:01:59+00:00")
    assert first.json["code"] != redemption["code"]
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_for_one_redemptions_code_is_refused_for_another(market: Market) -> None:
    resident, reward, key = market.resident(100), market.reward(market.merchant()), fresh_id()
    one, other = redeem(resident, reward).json["id"], redeem(resident, reward).json["id"]
    resident.post(f"/redemptions/{one}/code", {}, key=key)
    answer = resident.post(f"/redemptions/{other}/code", {}, key=key)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_a_redemption_that_is_over_gives_no_fresh_code(market: Market, clock: FixedClock) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant())
    cancelled, forgotten = redeem(resident, reward).json["id"], redeem(resident, reward).json["id"]
    resident.delete(f"/redemptions/{cancelled}")
    clock.advance(minutes=31)
    for redemption, state in ((cancelled, "released"), (forgotten, "timed_out")):
        answer = resident.post(f"/redemptions/{redemption}/code", {})
        assert (answer.status_code, answer.json["code"]) == (409, "redemption_ended")
        assert answer.json["details"] == {"state": state}
        assert resident.get(f"/redemptions/{redemption}").json["state"] == state


def test_cancelling_brings_points_and_stock_back_once(market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant(), stock=1)
    redemption = redeem(resident, reward).json["id"]
    answers = [resident.delete(f"/redemptions/{redemption}") for _ in range(2)]
    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "released")] * 2
    assert answers[0].json["title"] == {"zh": "虚构的帆布袋", "en": "A made-up canvas bag"}
    balance = ledger(DISTRICT).balance(resident.id)
    assert (balance.available, balance.held) == (100, 0)
    assert resident.get(f"/rewards/{reward}").json["stock"] == 1


def test_a_redemption_past_its_time_cannot_be_cancelled(market: Market, clock: FixedClock) -> None:
    resident = market.resident(100)
    redemption = redeem(resident, market.reward(market.merchant())).json["id"]
    clock.advance(minutes=30)
    answer = resident.delete(f"/redemptions/{redemption}")
    assert (answer.status_code, answer.json["code"]) == (410, "hold_timed_out")


def test_someone_elses_redemption_is_not_found(market: Market, cast: Cast) -> None:
    mine = redeem(market.resident(100), market.reward(market.merchant())).json["id"]
    other = cast.resident("钱多多")
    tries = [
        other.get(f"/redemptions/{mine}"),
        other.delete(f"/redemptions/{mine}"),
        other.post(f"/redemptions/{mine}/code", {}),
        other.get(f"/redemptions/{fresh_id()}"),
        other.get("/redemptions/%00"),
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in tries] == [(404, "not_found")] * 5


def test_a_clerk_does_not_redeem(market: Market) -> None:
    merchant = market.merchant()
    answer = redeem(market.clerk(merchant), market.reward(merchant))
    assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")
