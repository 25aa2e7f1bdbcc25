"""The pack in force says on which days, from how many points and how often one may redeem; the counter keeps to it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask

from backend.kit.auth import Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find
from backend.passbook import redeeming
from backend.passbook.models import RedemptionTurn
from backend.wiring import parts
from points.clock import FixedClock
from tests.app import DISTRICT, NOON
from tests.backend.passbook.stage import PACK, no, publish_rules
from tests.backend.rewards.people import Market, capture, look_up, redeem
from tests.backend.rewards.test_races import Running, at_once, codes_of, own_client
from tests.backend.rewards.test_without_sql import books_down
from tests.cast import Cast, Person

LAST_FRIDAY = "  open: [{of: month, which: last, weekday: fri}]\n"
ONCE_A_QUARTER = "  limits: [{times: 1, window: quarter}]\n"
FROM_80_POINTS = "  least_points: 80\n"
ONE_CASE = """pack: ../pack.yaml
cases:
- case: 敬老爱亲之星二十分
  deeds:
  - {kind: act, category: 敬老爱亲之星, at: 2026-11-22 09:00, resident: zhao, gives: {acts: 20}}
"""


@pytest.fixture
def clock() -> FixedClock:
    """Friday the 20th of November, from noon; a later moment at each look."""
    return Running(NOON)


def back(market: Market, person: Person) -> Person:
    """The same resident, signed in again after some days."""
    return market.cast.signed_in("resident", person.id, ("resident",))


def in_force(cast: Cast, *lines: str) -> str:
    """The demo's pack with more to say of redeeming (it is the last part of the file)."""
    return publish_rules(cast, PACK + "".join(lines))


def test_a_redemption_on_another_day_is_refused_and_says_when_it_opens(market: Market, clock: FixedClock) -> None:
    in_force(market.cast, LAST_FRIDAY)
    resident, reward = market.resident(100), market.reward(market.merchant())
    refused = redeem(resident, reward)
    assert no(refused) == (409, "rules_redemption_closed")
    assert "2026-11-27" in refused.json["detail"]
    assert refused.json["details"]["next"] == "2026-11-27"
    clock.advance(days=7)
    assert redeem(back(market, resident), reward).status_code == 201


def test_a_redemption_below_the_least_points_is_refused(market: Market) -> None:
    in_force(market.cast, FROM_80_POINTS)
    resident, reward = market.resident(100), market.reward(market.merchant())
    assert redeem(resident, reward).status_code == 201
    assert no(redeem(resident, reward)) == (409, "rules_redemption_too_few_points")


def test_once_a_quarter_holds_over_all_rewards_and_begins_anew_with_the_next(market: Market, clock: FixedClock) -> None:
    in_force(market.cast, ONCE_A_QUARTER)
    resident, merchant = market.resident(100), market.merchant()
    one, other = market.reward(merchant), market.reward(merchant, ends_at="2027-03-01T00:00:00+08:00")
    assert redeem(resident, one).status_code == 201
    refused = redeem(resident, other)
    assert no(refused) == (409, "rules_redemption_too_often")
    assert refused.json["details"]["next"] == "2027-01-01"
    assert redeem(market.resident(100, "钱多多"), other).status_code == 201
    clock.advance(days=42)
    assert redeem(back(market, resident), other).status_code == 201


def test_a_redemption_handed_over_has_had_its_turn(market: Market, clock: FixedClock) -> None:
    in_force(market.cast, ONCE_A_QUARTER)
    resident, merchant = market.resident(100), market.merchant()
    clerk, reward = market.clerk(merchant), market.reward(merchant)
    made = redeem(resident, reward).json
    look_up(clerk, made["code"])
    assert capture(clerk, made["id"]).status_code == 200
    clock.advance(hours=2)
    assert redeeming.settle(DISTRICT) == 1
    assert no(redeem(resident, reward)) == (409, "rules_redemption_too_often")


def test_what_was_cancelled_timed_out_or_refused_takes_no_turn(market: Market, clock: FixedClock) -> None:
    in_force(market.cast, ONCE_A_QUARTER)
    resident, merchant = market.resident(100), market.merchant()
    reward, empty = market.reward(merchant), market.reward(merchant, stock=0)
    assert no(redeem(resident, empty)) == (409, "out_of_stock")
    cancelled = redeem(resident, reward).json["id"]
    assert resident.delete(f"/redemptions/{cancelled}").status_code == 200
    forgotten = redeem(resident, reward)
    assert forgotten.status_code == 201
    clock.advance(minutes=31)
    assert redeem(resident, reward).status_code == 201
    clock.advance(hours=2)
    assert redeeming.settle(DISTRICT) == 1  # the others were settled when they were counted


def test_a_repeated_request_gets_the_first_answer_also_when_it_is_closed_by_then(
    market: Market, clock: FixedClock
) -> None:
    in_force(market.cast, LAST_FRIDAY, ONCE_A_QUARTER)
    clock.advance(days=7)
    resident, reward, key = market.resident(100), market.reward(market.merchant()), fresh_id()
    first = redeem(resident, reward, key=key)
    clock.advance(days=1)
    again = redeem(back(market, resident), reward, key=key)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_of_32_redemptions_at_once_exactly_one_has_the_one_turn(market: Market) -> None:
    in_force(market.cast, ONCE_A_QUARTER)
    merchant, resident = market.merchant(), market.resident(10_000)
    rewards = [market.reward(merchant, stock=100) for _ in range(4)]
    answers = at_once([partial(redeem, own_client(resident), rewards[i % 4]) for i in range(32)])
    assert codes_of(answers) == {"done": 1, "rules_redemption_too_often": 31}


def test_a_turn_whose_redemption_never_reached_the_ledger_counts_ten_minutes(market: Market, clock: FixedClock) -> None:
    """A process that died between its turn and the posting costs the resident ten minutes, not a quarter."""
    in_force(market.cast, ONCE_A_QUARTER)
    resident, reward = market.resident(100), market.reward(market.merchant())
    redeeming.begin(DISTRICT, resident.id, lost := fresh_id())
    assert no(redeem(resident, reward)) == (409, "rules_redemption_too_often")
    clock.advance(minutes=10)
    assert redeem(resident, reward).status_code == 201
    assert find(RedemptionTurn, DISTRICT, lost).state == "void"


def test_a_later_pack_rules_from_its_first_day_and_a_stopped_one_no_more(market: Market, clock: FixedClock) -> None:
    cast = market.cast
    publish_rules(cast)
    resident, reward = market.resident(1000), market.reward(market.merchant(), stock=9)
    later = PACK.replace("version: 1", "version: 2").replace("from: 2026-01-01", "from: 2026-11-21")
    pack = publish_rules(cast, later + LAST_FRIDAY, ONE_CASE)
    assert redeem(resident, reward).status_code == 201
    clock.advance(days=1)
    resident = back(market, resident)
    assert no(redeem(resident, reward)) == (409, "rules_redemption_closed")
    one, other = cast.staff(Role.RULES_PUBLISHER), cast.staff(Role.RULES_PUBLISHER)
    one.post(f"/staff/rule-packs/{pack}/suspend", {"reason": "写错了"})
    assert other.post(f"/staff/rule-packs/{pack}/suspend/confirm").json["state"] == "suspended"
    assert redeem(resident, reward).status_code == 201


def test_days_and_least_points_need_no_books_but_a_count_does(app: Flask, market: Market, clock: FixedClock) -> None:
    in_force(market.cast, LAST_FRIDAY)
    resident, reward = market.resident(100), market.reward(market.merchant())
    with books_down(app):
        assert no(redeem(resident, reward)) == (409, "rules_redemption_closed")
    clock.advance(days=7)
    resident = back(market, resident)
    with books_down(app):
        assert redeem(resident, reward).status_code == 201


def test_a_count_is_not_guessed_while_the_books_are_down(app: Flask, market: Market) -> None:
    in_force(market.cast, ONCE_A_QUARTER)
    resident, reward = market.resident(100), market.reward(market.merchant())
    with books_down(app):
        assert no(redeem(resident, reward)) == (503, "books_unavailable")
    db.session.remove()
    assert redeem(resident, reward).status_code == 201


def test_words_that_the_cache_lost_are_read_from_the_books(market: Market) -> None:
    in_force(market.cast, LAST_FRIDAY)
    parts().cache.delete(f"redeeming:{DISTRICT}")
    redeeming.keep(DISTRICT)
    assert parts().cache.get(f"redeeming:{DISTRICT}")
    parts().cache.delete(f"redeeming:{DISTRICT}")
    terms = redeeming.terms_on(DISTRICT, now().date() + timedelta(days=1))
    assert terms is not None
    assert terms.openings
