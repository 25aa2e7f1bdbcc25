"""What is decided does not depend on whether the points of earlier deeds have arrived in the ledger."""

from __future__ import annotations

import pytest

from points.clock import FixedClock
from tests.backend.passbook.corrected import ask, correct, spend
from tests.backend.passbook.small import STORE, opened, served
from tests.backend.passbook.stage import approve, no, points, told
from tests.backend.passbook.waiting import delivered, nothing_posted
from tests.cast import Cast

TIERS = """\
coefficients:
- {coefficient: card, title: {zh: 卡, en: Card}, cases: [{title: {zh: 金卡, en: Gold}, when: {tier: gold}, factor: 2}]}
tiers:
- {tier: gold, title: {zh: 金卡, en: Gold}, needs: {
   points: {at_least: 50, window: year}, hours: {at_least: 0.5, window: year}}}
caps:
- {cap: daily, title: {zh: 每日, en: Daily}, per: resident, window: day, points: 10, rules: [care]}"""
CARE = """\
- {rule: care, title: {zh: 助老, en: Care}, when: {kind: service, category: 助老}, points: {each: 30}}
- {rule: clean, title: {zh: 清扫, en: Clean}, when: {kind: service, category: 清扫}, points: {each: 10},
   coefficients: [card]}"""


def test_nobody_stores_more_than_the_most_by_points_that_arrive_later(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(cast, more=STORE)
    resident = cast.resident()
    with nothing_posted(monkeypatch):
        earnings = [approve(resident, "扫雪") for _ in range(3)]
    assert points(resident) == 0
    delivered(clock)
    assert [told(resident, each)["granted"] for each in earnings] == [10, 5, 0]
    assert points(resident) == 15


def test_a_correction_stores_no_more_than_the_most_beside_what_came_since(cast: Cast, clock: FixedClock) -> None:
    big = "- {rule: big, title: {zh: 大扫除, en: Big}, when: {kind: act, category: 大扫除}, points: {each: 14}}"
    office = opened(cast, big, more=STORE)
    resident = cast.resident()
    first, second = approve(resident, "扫雪"), approve(resident, "扫雪")
    assert [told(resident, each)["granted"] for each in (first, second)] == [10, 5]
    correct(office, first, category="大扫除")
    assert points(resident) == 15
    for earning, category in ((first, "大扫除"), (second, "扫雪")):
        assert no(ask(office[0], earning, category=category)) == (409, "correction_changes_nothing")


def test_a_correction_to_another_rule_after_spending_stores_no_more_than_the_most(
    cast: Cast, clock: FixedClock
) -> None:
    big = "- {rule: big, title: {zh: 大扫除, en: Big}, when: {kind: act, category: 大扫除}, points: {each: 15}}"
    office, resident = opened(cast, big, more=STORE), cast.resident()
    first = approve(resident, "扫雪")
    spend(cast, resident, 10)
    approve(resident, "扫雪")
    correct(office, first, category="大扫除")
    assert (points(resident), told(resident, first)["granted"]) == (15, 15)


@pytest.mark.parametrize("arrives", [True, False])
def test_a_tier_is_the_same_whether_postings_arrived_or_wait(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    opened(cast, CARE, more=TIERS)
    resident = cast.resident()

    def deeds() -> list[str]:
        return [served(resident, 1, each) for each in ("助老", "助老", "清扫")]

    if arrives:
        earnings = deeds()
    else:
        with nothing_posted(monkeypatch):
            earnings = deeds()
        delivered(clock)
    seen = [told(resident, each) for each in earnings]
    found = [(each["asked"], each["granted"]) for each in seen]
    assert (sorted(found[:2]), found[2]) == ([(30, 0), (30, 10)], (20, 20))  # of two that waited either comes first
