"""Rules and cases that no deed of the pack can meet, and deeds between two rules that none speaks for."""

import pytest

from points.rules import check_reach
from points.rules.problems import MOST_TOLD
from tests.points.rules.packs import rule, text
from tests.points.rules.test_problems import codes

HOURS = {"kind": "service"}
SUMMER = {"from": "2026-07-01", "to": "2026-08-31"}
NEXT_YEAR = {"valid": {"from": "2027-01-01", "to": "2027-12-31"}, "calendar": {"beyond": "weekends"}}


def coefficient(when):
    return {"coefficients": [{"coefficient": "c", "title": text("c"), "cases": [case(when)]}]}


def case(when):
    return {"title": text("case"), "when": when, "factor": 2}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"when": {"kind": "act", "day": "makeup_workday"}}, ["never_fires"]),
        ({"when": {"kind": "act", "day": "workday"}}, []),
        ({"when": {**HOURS, "quantity": {"to": 2}}, "quantity": {"at_least": 2}}, ["never_fires"]),
        ({"when": {**HOURS, "quantity": {"to": 3}}, "quantity": {"at_least": 2}}, []),
        ({"when": {**HOURS, "quantity": {"from": 24.5}}}, ["never_fires"]),
        ({"when": HOURS, "quantity": {"at_least": 25}}, ["never_fires"]),
        ({"when": {"kind": "act", "quantity": {"from": 25}}}, []),
        ({"when": HOURS, "quantity": {"step": 2, "at_most": 5}, "points": {"per_hour": 1}}, ["part_of_a_step"]),
        ({"when": HOURS, "quantity": {"step": 0.5, "at_most": 3}, "points": {"per_hour": 1}}, []),
        ({"points": {"each": 0.4}}, ["gives_nothing"]),
        ({"points": {"each": 0.4}, "rounding": "up"}, []),
        ({"points": {"each": 0.4}, "rounding": "half_up"}, ["gives_nothing"]),
    ],
)
def test_a_rule_that_no_deed_can_meet_or_that_brings_nothing_is_told(parts, found):
    assert codes(rule(**parts), valid=SUMMER) == found


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"category": "b"}, ["never_fires"]),
        ({"category": "a"}, []),
        ({"day": "weekend", "weekday": "mon"}, ["never_fires"]),
        ({"day": "holiday", "date": {"from": "2026-03-02", "to": "2026-03-08"}}, ["never_fires"]),
        ({"day": "holiday"}, []),
        ({"quantity": {"from": 25}}, ["never_fires"]),
    ],
)
def test_a_case_that_none_of_its_rules_can_bring_is_told(when, found):
    hours = rule(when={**HOURS, "category": "a"}, coefficients=["c"])
    assert codes(hours, **coefficient(when)) == found


def test_a_year_without_published_holidays_is_told_where_the_kind_of_day_matters():
    asked = rule(when={"kind": "act", "day": "holiday"})
    assert codes(asked, **NEXT_YEAR) == ["holidays_unpublished"]
    assert codes(rule(coefficients=["c"]), **coefficient({"day": "makeup_workday"}), **NEXT_YEAR) == [
        "holidays_unpublished"
    ]
    own = {**NEXT_YEAR, "calendar": {"holidays": ["2027-01-01"], "beyond": "weekends"}}
    assert codes(asked, **own) == []
    assert codes(rule(when={"kind": "act", "day": "weekend"}), **NEXT_YEAR) == []


def test_a_value_of_the_condition_that_the_table_leaves_out_is_a_gap():
    table = {"table": {"by": "class", "values": {"a": 5}}}
    asked = {"kind": "act", "attributes": {"class": ["a", "b"]}}
    assert codes(rule(when=asked, points=table)) == ["gap_in_table"]
    assert codes(rule(when={"kind": "act", "attributes": {"class": "a"}}, points=table)) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"quantity": {"to": 2}}, {"quantity": {"from": 3}}, ["gap_between_rules"]),
        ({"quantity": {"to": 2}}, {"quantity": {"from": 2}}, []),
        ({"quantity": {"to": 2}}, {"quantity": {"from": 3}, "category": "a"}, []),
        (
            {"hours_before": {"to": 50, "window": "year"}},
            {"hours_before": {"from": 60, "window": "year"}},
            ["gap_between_rules"],
        ),
        ({"hours_before": {"to": 50, "window": "year"}}, {"hours_before": {"from": 50, "window": "year"}}, []),
    ],
)
def test_numbers_between_two_rules_that_none_speaks_for_are_told(one, other, found):
    assert codes(rule("a", when={**HOURS, **one}), rule("b", when={**HOURS, **other})) == found
    other_rules = [rule("a", when={**HOURS, **one}, priority=1), rule("b", when={**HOURS, **other}, priority=1)]
    assert "gap_between_rules" not in codes(*other_rules, rule("rest", when=HOURS))


def test_a_tier_and_a_redemption_that_nobody_reaches_are_told():
    def tiers(hours):
        needs = {"hours": {"at_least": hours, "window": "month"}}
        return {"tiers": [{"tier": "gold", "title": text("gold"), "needs": needs}]}

    assert [codes(**tiers(hours)) for hours in (744, 745)] == [[], ["never_fires"]]
    store = {"at_most": 50, "overflow_to": "gifts"}
    assert [codes(store=store, redemption={"least_points": points}) for points in (50, 51)] == [[], ["never_fires"]]


def test_a_rule_of_all_the_packs_days_hides_the_lower_ones():
    whole = {"from": "2026-01-01", "to": "2026-12-31"}
    high = rule("a", when={"kind": "act", "date": whole}, priority=1)
    assert codes(high, rule("b")) == ["never_fires"]
    assert codes({**high, "when": {"kind": "act", "date": {**whole, "from": "2026-01-02"}}}, rule("b")) == []


def test_a_case_is_looked_at_once_for_all_rules_that_are_alike(monkeypatch):
    looked = []
    whole = check_reach.unreachable
    monkeypatch.setattr(check_reach, "unreachable", lambda *given: looked.append(given) or whole(*given))
    rules = [rule(f"r{each}", when={"kind": "act", "category": f"c{each}", "weekday": "mon"}) for each in range(20)]
    assert codes(*({**each, "coefficients": ["c"]} for each in rules), **coefficient({"day": "weekend"})) == [
        "never_fires"
    ]
    assert len(looked) == 2


def test_no_more_holes_are_told_than_anybody_mends():
    rules = [
        rule(f"r{each}", when={**HOURS, "quantity": {"from": each / 8, "to": each / 8 + 0.1}}) for each in range(150)
    ]
    assert codes(*rules) == ["gap_between_rules"] * MOST_TOLD
