"""The store counts each point once, a grant that was cut is made up where there is room, and explanations add up."""

from __future__ import annotations

import re

import pytest

from points.clock import FixedClock
from tests.backend.passbook.corrected import correct, spend, undo
from tests.backend.passbook.small import STORE, opened, served
from tests.backend.passbook.stage import approve, points, told
from tests.backend.passbook.waiting import delivered, nothing_posted
from tests.cast import Cast, Person

HOURS = "- {rule: h, title: {zh: 时, en: H}, when: {kind: service}, points: {per_hour: 1}}"
MONTH = "caps:\n- {cap: m, title: {zh: 每月, en: Month}, per: resident, window: month, points: 15}"


def act(name: str, category: str, each: int) -> str:
    when = f"{{kind: act, category: {category}}}"
    return f"- {{rule: {name}, title: {{zh: {category}, en: {name}}}, when: {when}, points: {{each: {each}}}}}"


def capped(rule: str, most: int) -> str:
    cap = f"{{cap: m, title: {{zh: 每月, en: Month}}, per: resident, window: month, points: {most}, rules: [{rule}]}}"
    return f"{STORE}\ncaps:\n- {cap}"


def adds_up(resident: Person, earning: str) -> None:
    """What the rules give less what each cap took is what was given, as data and as told."""
    seen = told(resident, earning)
    for grant in seen["decision"]["grants"]:
        came = seen["decision"]["outcomes"][grant["rule"]]
        taken = sum(cut["asked"] - cut["granted"] for cut in came["cuts"])
        assert came["state"] != "posted" or grant["amount"] - taken == came["granted"], seen["sentences"]["en"]
    said = " ".join(seen["sentences"]["en"])
    cuts = [(int(asked), int(left)) for asked, left in re.findall(r"so (\d+) became (\d+)", said)]
    before = sum(int(each) for each in re.findall(r"(\d+) of them had been given before", said))
    if cuts:
        assert before + cuts[0][0] == seen["asked"]
        assert before + cuts[-1][1] == seen["granted"]


def test_what_a_cap_cut_is_no_part_of_what_a_deed_had_in_the_store(cast: Cast, clock: FixedClock) -> None:
    office = opened(cast, act("bb", "乙", 10), act("cc", "丙", 15), more=capped("snow", 10))
    resident = cast.resident()
    approve(resident, "扫雪")
    spend(cast, resident, 10)
    second = approve(resident, "扫雪")
    approve(resident, "乙")
    assert (told(resident, second)["granted"], points(resident)) == (0, 10)
    correct(office, second, category="丙")
    assert points(resident) == 15


@pytest.mark.parametrize("arrives", [True, False])
def test_a_waiting_grant_takes_of_the_store_what_its_caps_leave(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    opened(cast, act("bb", "乙", 10), more=capped("bb", 5))
    resident = cast.resident()
    if arrives:
        earnings = [approve(resident, each) for each in ("乙", "扫雪")]
    else:
        with nothing_posted(monkeypatch):
            earnings = [approve(resident, each) for each in ("乙", "扫雪")]
        delivered(clock)
    assert [told(resident, each)["granted"] for each in earnings] == [5, 10]


@pytest.mark.parametrize(("changed", "spent", "then"), [(8, 0, 5), (12, 0, 3), (8, 10, 5), (14, 10, 5), (14, 3, 4)])
def test_a_grant_that_replaces_another_takes_of_the_store_the_larger_of_both(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, changed: int, spent: int, then: int
) -> None:
    office = opened(cast, act("bb", "乙", changed), act("cc", "丙", 5), more=STORE)
    resident = cast.resident()
    first = approve(resident, "扫雪")
    if spent:
        spend(cast, resident, spent)
    with nothing_posted(monkeypatch):
        correct(office, first, category="乙")
        second = approve(resident, "丙")
    delivered(clock)
    assert told(resident, second)["granted"] == then
    assert points(resident) == max(0, changed - spent) + then


def test_a_deed_that_was_cut_is_made_up_by_a_correction_where_there_is_room(cast: Cast, clock: FixedClock) -> None:
    office = opened(cast, HOURS, more=MONTH)
    resident = cast.resident()
    first, second = served(resident, 10), served(resident, 8)
    assert told(resident, second)["granted"] == 5
    correct(office, second, quantity="6")
    assert (told(resident, second)["asked"], told(resident, second)["granted"]) == (6, 5)
    undo(office, first)
    clock.advance(seconds=60)
    correct(office, second, quantity="8")
    assert (told(resident, second)["granted"], points(resident)) == (8, 8)


@pytest.mark.parametrize(("quantity", "given"), [("6", 5), ("5", 5), ("3", 3), ("9", 5)])
def test_a_corrected_deed_under_a_cap_is_explained_by_what_is_true_now(
    cast: Cast, clock: FixedClock, quantity: str, given: int
) -> None:
    office = opened(cast, HOURS, more=MONTH)
    resident = cast.resident()
    served(resident, 10)
    second = served(resident, 8)
    adds_up(resident, second)
    correct(office, second, quantity=quantity)
    adds_up(resident, second)
    seen = told(resident, second)
    said = seen["sentences"]["en"]
    assert seen["granted"] == given
    assert not any("8" in line for line in said[1:-2] if "became" in line)
    assert any(f"5 points became {given}." in line for line in said)


def test_points_that_were_spent_are_said_to_have_been_given_before(cast: Cast, clock: FixedClock) -> None:
    office = opened(cast, HOURS, more=MONTH)
    resident = cast.resident()
    first = served(resident, 10)
    spend(cast, resident, 7)
    second = served(resident, 8)
    for earning, quantity in ((first, "3"), (first, "12"), (second, "2")):
        clock.advance(seconds=60)
        correct(office, earning, quantity=quantity)
        for each in (first, second):
            adds_up(resident, each)
    said = told(resident, first)["sentences"]
    assert "7 of them had been given before." in said["en"]
    assert "其中 7 分先前已经给过。" in said["zh-CN"]
