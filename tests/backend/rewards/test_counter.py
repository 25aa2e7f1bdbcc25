"""A clerk scans, looks, hands over; every other way is refused by its own code."""

import redis

from backend.kit.clock import fresh_id
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.rewards.people import Market, capture, look_up, redeem
from tests.cast import Cast


def test_a_clerk_looks_a_code_up_and_captures_it(market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk, reward = market.clerk(merchant), market.reward(merchant)
    redemption = redeem(resident, reward, quantity=2).json
    seen = look_up(clerk, redemption["code"])
    assert (seen.status_code, seen.json) == (
        200,
        {
            "id": redemption["id"],
            "reward_id": reward,
            "title": {"zh": "虚构的帆布袋", "en": "A made-up canvas bag"},
            "quantity": 2,
            "points": 60,
            "state": "held",
            "expires_at": "2026-11-20T04:30:00+00:00",
            "capture_before": "2026-11-20T04:05:00+00:00",
        },
    )
    key = fresh_id()
    receipt = capture(clerk, redemption["id"], key=key)
    assert receipt.status_code == 200, receipt.json
    assert (receipt.json["state"], receipt.json["points"], receipt.json["receipt"]) == ("captured", 60, key)
    standing = resident.get(f"/redemptions/{redemption['id']}").json
    assert (standing["state"], standing["merchant"]) == ("captured", merchant.id)
    assert ledger(DISTRICT).account(f"merchant:{merchant.id}") == 60


def test_a_second_capture_is_refused_and_a_repeated_one_gets_the_first_receipt(
    market: Market, clock: FixedClock
) -> None:
    merchant, key = market.merchant(), fresh_id()
    clerk = market.clerk(merchant)
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    look_up(clerk, redemption["code"])
    first = capture(clerk, redemption["id"], key=key)
    second = capture(clerk, redemption["id"])
    assert (second.status_code, second.json["code"]) == (409, "hold_captured")
    for minutes in (0, 6, 60):
        clock.advance(minutes=minutes)
        again = capture(clerk, redemption["id"], key=key)
        assert (again.json, again.headers.get("Idempotency-Replayed")) == (first.json, "true")
    late = capture(clerk, redemption["id"])
    assert (late.status_code, late.json["code"]) == (409, "hold_captured")


def test_a_capture_is_remembered_by_the_ledger_even_when_the_cache_is_lost(
    market: Market, fresh_cache: redis.Redis
) -> None:
    merchant, foreign, key = market.merchant(), market.merchant("别家饭馆（虚构）"), fresh_id()
    clerk = market.clerk(merchant)
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    look_up(clerk, redemption["code"])
    first = capture(clerk, redemption["id"], key=key)
    fresh_cache.flushall()
    again_in = market.cast.signed_in("clerk", clerk.id, ("clerk",), merchant=merchant.id, shop=merchant.shop)
    stranger = market.cast.signed_in("clerk", fresh_id(), ("clerk",), merchant=foreign.id, shop=foreign.shop)
    assert capture(again_in, redemption["id"], key=key).json == first.json
    assert capture(again_in, redemption["id"]).json["code"] == "hold_captured"
    assert capture(stranger, redemption["id"]).json["code"] == "not_found"


def test_the_same_clerk_may_scan_twice_and_gets_the_same_answer(market: Market, clock: FixedClock) -> None:
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    code = redeem(market.resident(100), market.reward(merchant)).json["code"]
    first = look_up(clerk, code)
    clock.advance(seconds=30)
    assert look_up(clerk, code).json == first.json


def test_a_second_scan_by_another_clerk_is_refused(market: Market) -> None:
    merchant = market.merchant()
    clerk, colleague = market.clerk(merchant), market.clerk(merchant, "柜台-乙")
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    look_up(clerk, redemption["code"])
    answer = look_up(colleague, redemption["code"])
    assert (answer.status_code, answer.json["code"]) == (409, "code_used")
    stolen = capture(colleague, redemption["id"])
    assert (stolen.status_code, stolen.json["code"]) == (404, "not_found")


def test_a_code_of_a_captured_redemption_is_used(market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk = market.clerk(merchant)
    redemption = redeem(resident, market.reward(merchant)).json
    fresh = resident.post(f"/redemptions/{redemption['id']}/code", {}).json["code"]
    look_up(clerk, redemption["code"])
    capture(clerk, redemption["id"])
    for code in (redemption["code"], fresh):
        answer = look_up(clerk, code)
        assert (answer.status_code, answer.json["code"]) == (409, "code_used")


def test_a_code_of_a_cancelled_redemption_is_refused(market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    redemption = redeem(resident, market.reward(merchant)).json
    resident.delete(f"/redemptions/{redemption['id']}")
    answer = look_up(market.clerk(merchant), redemption["code"])
    assert (answer.status_code, answer.json["code"]) == (409, "redemption_ended")


def test_an_expired_code_is_refused_and_a_fresh_one_works(market: Market, clock: FixedClock) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk = market.clerk(merchant)
    redemption = redeem(resident, market.reward(merchant)).json
    clock.advance(seconds=60)
    answer = look_up(clerk, redemption["code"])
    assert (answer.status_code, answer.json["code"]) == (410, "code_expired")
    fresh = resident.post(f"/redemptions/{redemption['id']}/code", {}).json["code"]
    assert look_up(clerk, fresh).status_code == 200


def test_a_foreign_merchant_is_told_so_and_the_code_stays_good(market: Market) -> None:
    merchant, foreign = market.merchant(), market.merchant("别家饭馆（虚构）")
    stranger, clerk = market.clerk(foreign, "柜台-丙"), market.clerk(merchant)
    redemption = redeem(market.resident(100), market.reward(merchant)).json
    answer = look_up(stranger, redemption["code"])
    assert (answer.status_code, answer.json["code"]) == (403, "foreign_merchant")
    assert capture(stranger, redemption["id"]).json["code"] == "not_found"
    assert look_up(clerk, redemption["code"]).status_code == 200


def test_codes_that_are_no_codes_are_told_apart(market: Market) -> None:
    merchant = market.merchant()
    clerk = market.clerk(merchant)
    code = redeem(market.resident(100), market.reward(merchant)).json["code"]
    forged = code[:-1] + ("A" if code[-1] != "A" else "B")
    bad = ["x", "兑换码" * 24, code + code, code[:-4], "!" * 72, "A" * 72]
    answers = [look_up(clerk, text) for text in bad]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(422, "code_malformed")}
    answer = look_up(clerk, forged)
    assert (answer.status_code, answer.json["code"]) == (404, "code_unknown")


def test_a_code_of_another_district_is_unknown(market: Market, cast: Cast) -> None:
    merchant = market.merchant()
    code = redeem(market.resident(100), market.reward(merchant)).json["code"]
    elsewhere = cast.signed_in("clerk", fresh_id(), ("clerk",), district=OTHER_DISTRICT, merchant=merchant.id, shop="")
    answer = look_up(elsewhere, code)
    assert (answer.status_code, answer.json["code"]) == (404, "code_unknown")


def test_a_capture_needs_a_scan_that_is_fresh(market: Market, clock: FixedClock) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk = market.clerk(merchant)
    redemption = redeem(resident, market.reward(merchant)).json
    unseen = capture(clerk, redemption["id"])
    look_up(clerk, redemption["code"])
    clock.advance(minutes=5)
    late = capture(clerk, redemption["id"])
    code = resident.post(f"/redemptions/{redemption['id']}/code", {}).json["code"]
    look_up(clerk, code)
    captured = capture(clerk, redemption["id"])
    assert (unseen.status_code, unseen.json["code"]) == (404, "not_found")
    assert (late.status_code, late.json["code"]) == (409, "lookup_needed")
    assert captured.status_code == 200


def test_a_redemption_past_its_time_is_not_captured(market: Market, clock: FixedClock) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    clerk = market.clerk(merchant)
    redemption = redeem(resident, market.reward(merchant)).json
    clock.advance(minutes=29)
    code = resident.post(f"/redemptions/{redemption['id']}/code", {}).json["code"]
    look_up(clerk, code)
    clock.advance(minutes=1)
    answer = capture(clerk, redemption["id"])
    assert (answer.status_code, answer.json["code"]) == (410, "hold_timed_out")


def test_a_capture_key_of_something_else_is_refused(market: Market) -> None:
    merchant, resident, key = market.merchant(), market.resident(100), fresh_id()
    clerk, reward = market.clerk(merchant), market.reward(merchant)
    one, other = redeem(resident, reward).json, redeem(resident, reward).json
    for redemption in (one, other):
        look_up(clerk, redemption["code"])
    assert capture(clerk, one["id"], key=key).status_code == 200
    for wrong in (key, other["id"]):
        answer = capture(clerk, other["id"], key=wrong)
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_residents_and_staff_do_not_stand_at_the_counter(market: Market) -> None:
    merchant, resident = market.merchant(), market.resident(100)
    redemption = redeem(resident, market.reward(merchant)).json
    for person in (resident, *market.staff.values()):
        assert look_up(person, redemption["code"]).json["code"] == "not_permitted"
        assert capture(person, redemption["id"]).json["code"] == "not_permitted"
