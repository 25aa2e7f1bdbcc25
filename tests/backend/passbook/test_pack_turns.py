"""When a pack may begin, and what a suspended one leaves: no day has two packs, and no deed waits for good."""

from __future__ import annotations

import pytest

from backend.kit import outbox
from backend.kit.auth import Role
from backend.passbook import earn
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.backend.passbook.corrected import undo
from tests.backend.passbook.small import case, written
from tests.backend.passbook.stage import PACK, approve, fill_fund, no, points, publish_rules, put_in_force, submit
from tests.backend.passbook.test_packs import CHANGED_CASES, changed, publish, suspend
from tests.backend.passbook.waiting import delivered
from tests.cast import Cast

TURNS = """- rule: turns
  title: {zh: 井盖, en: Manhole}
  when: {kind: act, category: 井盖}
  points: {turn: {first: 10, later: 1, window: lifetime, same: [place, category]}}"""
TOO_EARLY = (422, "rule_pack_starts_too_early")


def handed_in(cast: Cast, text: str, cases: str = CHANGED_CASES) -> str:
    made = submit(cast, text, cases)
    assert (made.status_code, made.json.get("case_misses")) == (201, []), made.json
    return str(made.json["id"])


def said(cast: Cast, pack: str) -> str:
    return "\n".join(cast.staff(Role.AUDITOR).get(f"/staff/rule-packs/{pack}").json["diff"]["zh-CN"])


def until(text: str, last: str) -> str:
    return text.replace("to: 2030-12-31", f"to: {last}")


def test_what_was_looked_at_is_what_is_published(cast: Cast) -> None:
    author, publisher = cast.staff(Role.RULES_AUTHOR), cast.staff(Role.RULES_PUBLISHER)
    body = {"text": changed(starts="2026-01-01"), "cases": CHANGED_CASES}
    pack = author.post("/staff/rule-packs", body).json["id"]
    path = f"/staff/rule-packs/{pack}"
    first = publisher.get(path).json["stamp"]
    author.post("/staff/rule-packs", body | {"cases": CHANGED_CASES.replace("二十五分", "另一例")})
    assert no(publisher.post(f"{path}/publish", {"stamp": first})) == (409, "rule_pack_changed_meanwhile")
    second = publisher.get(path).json["stamp"]
    author.post(f"{path}/simulation")
    third = publisher.get(path).json["stamp"]
    assert len({first, second, third}) >= 2
    assert no(publisher.post(f"{path}/publish", {})) == (422, "invalid_fields")
    assert put_in_force(publisher, pack).json["state"] == "published"


def test_a_simulation_made_anew_after_the_look_is_looked_at_first(cast: Cast, clock: FixedClock) -> None:
    author, publisher = cast.staff(Role.RULES_AUTHOR), cast.staff(Role.RULES_PUBLISHER)
    body = {"text": changed(starts="2026-01-01"), "cases": CHANGED_CASES}
    path = f"/staff/rule-packs/{author.post('/staff/rule-packs', body).json['id']}"
    stamp = publisher.get(path).json["stamp"]
    clock.advance(minutes=1)
    assert author.post(f"{path}/simulation").status_code == 200
    assert no(publisher.post(f"{path}/publish", {"stamp": stamp})) == (409, "rule_pack_changed_meanwhile")


def test_days_past_that_no_pack_ruled_are_not_filled_afterwards(cast: Cast, clock: FixedClock) -> None:
    past = CHANGED_CASES.replace("2026-12-02", "2026-11-02")
    publish_rules(cast, until(changed(version=1, starts="2026-01-01"), "2026-11-22"), past)
    clock.advance(days=8)
    for starts in ("2026-11-24", "2026-11-28", "2026-02-01"):
        early = handed_in(cast, changed(version=int(starts[-2:]) + 1, starts=starts))
        assert no(publish(cast, early)) == TOO_EARLY
    assert publish(cast, handed_in(cast, changed(version=40, starts="2026-11-29"))).status_code == 200


def test_two_published_packs_do_not_begin_on_one_day(cast: Cast) -> None:
    publish_rules(cast)
    first = handed_in(cast, changed(starts="2026-12-01"))
    other = handed_in(cast, changed(version=3, starts="2026-12-01"))
    assert publish(cast, first).status_code == 200
    assert no(publish(cast, other))[1] in ("rule_pack_simulation_needed", "rule_pack_same_first_day")
    cast.staff(Role.RULES_AUTHOR).post(f"/staff/rule-packs/{other}/simulation")
    assert no(publish(cast, other)) == (409, "rule_pack_same_first_day")
    suspend(cast, first)
    cast.staff(Role.RULES_AUTHOR).post(f"/staff/rule-packs/{other}/simulation")
    assert publish(cast, other).status_code == 200


def test_a_lower_version_does_not_follow_a_higher_one(cast: Cast) -> None:
    publish_rules(cast, PACK.replace("version: 1", "version: 5"))
    lower = handed_in(cast, changed(version=4, starts="2026-12-01"))
    answer = publish(cast, lower)
    assert no(answer) == (409, "rule_pack_version_too_low")
    assert "5" in answer.json["detail"]
    assert publish(cast, handed_in(cast, changed(version=6, starts="2026-12-01"))).status_code == 200


def test_a_next_pack_of_tomorrow_says_which_deeds_it_leaves_waiting(cast: Cast) -> None:
    suspend(cast, publish_rules(cast))
    approve(cast.resident())
    tomorrow = handed_in(cast, changed(starts="2026-11-21"))
    words = said(cast, tomorrow)
    assert "2026-01-01 至 2026-11-20 没有规则" in words
    assert "1 件行为在等" in words
    filling = handed_in(cast, changed(version=3, starts="2026-01-01"))
    assert "补上停用的规则包留下的 2026-01-01 至 2026-11-20" in said(cast, filling)


def test_deeds_of_a_suspended_pack_wait_for_a_pack_that_fills_its_days_later(cast: Cast, clock: FixedClock) -> None:
    suspend(cast, publish_rules(cast))
    fill_fund(cast)
    waiting = approve(cast.resident())
    assert publish(cast, handed_in(cast, changed(starts="2026-11-21"))).status_code == 200
    clock.advance(days=3)
    assert earn.decide_waiting(DISTRICT) == 0
    past = CHANGED_CASES.replace("2026-12-02", "2026-11-02")
    beyond = handed_in(cast, until(changed(version=3, starts="2026-01-01"), "2026-11-21"), past)
    assert no(publish(cast, beyond)) == TOO_EARLY
    filling = handed_in(cast, until(changed(version=4, starts="2026-01-01"), "2026-11-20"), past)
    assert "在等规则的 1 件行为按它计分" in said(cast, filling)
    assert publish(cast, filling).status_code == 200
    assert earn.decide_waiting(DISTRICT) == 1
    reviewer = cast.staff(Role.REVIEWER, Role.AUDITOR)
    assert reviewer.get(f"/staff/earnings/{waiting}").json["decision"]["version"] == 4


@pytest.mark.parametrize("hollow", ["cut_by: []", "says: []", "silent: {}", "cut_by: [], says: []"])
def test_a_case_that_expects_nothing_of_substance_is_named_and_not_green(cast: Cast, hollow: str) -> None:
    made = submit(cast, changed(starts="2026-01-01"), CHANGED_CASES.replace("gives: {acts: 25}", hollow)).json
    assert len(made["case_misses"]) == 1
    assert "敬老爱亲之星二十五分" in made["case_misses"][0]
    assert no(publish(cast, made["id"])) == (409, "rule_pack_cases_needed")


def test_a_suspended_pack_that_was_replaced_leaves_nothing_to_say(cast: Cast) -> None:
    suspend(cast, publish_rules(cast))
    publish_rules(cast, changed(starts="2026-01-01"), CHANGED_CASES)
    assert "停用" not in said(cast, handed_in(cast, changed(version=3, starts="2026-12-01")))


def test_the_next_in_turn_moves_up_when_others_follow_the_suspended_rules(cast: Cast, clock: FixedClock) -> None:
    first = publish_rules(cast, written(TURNS), case())
    fill_fund(cast)
    office = cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)
    one, two = cast.resident(), cast.resident()
    earnings = [approve(each, "井盖", place="南门") for each in (one, two)]
    assert (points(one), points(two)) == (10, 1)
    suspend(cast, first)
    undo(office, earnings[0])
    delivered(clock)
    assert points(cast.signed_in("resident", two.id, ("resident",))) == 1
    publish_rules(cast, written(TURNS, version=2), case())
    delivered(clock)
    assert points(cast.signed_in("resident", two.id, ("resident",))) == 10
    assert outbox.waiting() == 0
