"""No part of a pack is read past in silence: one that has no effect is refused, one that never fires is told."""

import pytest

from points.rules import facts_needed, load_pack
from tests.points.rules.packs import amounts, cap, decided, deed, pack, raw, rule, text, written
from tests.points.rules.test_problems import codes, problems

YEAR_STARS = {"notice": {"working_days": 5}}


@pytest.mark.parametrize(
    "parts",
    [
        {"expires": {"months": 12, "days": 3}},
        {"expires": {"days": 12, "later": 3}},
        {"expires": {"months": 12, "end": "year"}},
        {"redemption": {"open": [{"of": "month", "which": "last", "weekday": "fri", "days": 9}]}},
        {
            "caps": [cap(share={"of": "all", "part": 0.5})],
            "budgets": [{"budget": "all", "title": text("all"), "window": "year", "points": 9}],
        },
    ],
)
def test_a_part_that_another_makes_void_is_refused(parts):
    assert "no_effect" in codes(**parts)


def test_so_is_one_of_a_rule():
    assert codes(rule(expires={"days": 3, "later": 1})) == ["no_effect"]
    assert codes(rule(quantity={"per": "day"})) == ["no_effect"]


@pytest.mark.parametrize("hours", [[300, 100, 600], [100, 100]])
def test_star_hours_rise(hours):
    assert codes(stars={"hours": hours} | YEAR_STARS) == ["ambiguous_stars"]
    assert codes(stars={"hours": [100, 300]} | YEAR_STARS) == []


def test_a_number_nobody_can_pay_is_refused():
    hours = written(raw(rule(when={"kind": "service"}, points={"per_hour": 12345})))
    assert [each.code for each in problems(hours.replace("12345", "0.0000001"))] == ["too_fine"]
    assert load_pack(hours.replace("12345", "0.000001")).problems == ()


def service(**parts):
    return rule(when={"kind": "service", **parts.pop("when", {})}, **parts)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (service(points={"milestones": {"window": "year", "steps": [{"at": 0, "points": 5}]}}), ["never_fires"]),
        (service(points={"milestones": {"window": "day", "steps": [{"at": 25, "points": 5}]}}), ["never_fires"]),
        (service(points={"milestones": {"window": "day", "steps": [{"at": 24, "points": 5}]}}), []),
        (service(when={"hours_before": {"from": 5000, "window": "month"}}), ["never_fires"]),
        (service(when={"hours_before": {"from": 361, "window": {"days": 7}}}), ["never_fires"]),
        (service(when={"hours_before": {"from": 360, "window": {"days": 7}}}), []),
        (
            service(
                points={
                    "bands": {
                        "window": "week",
                        "steps": [{"from": 0, "to": 200, "points": 2}, {"from": 200, "points": 1}],
                    }
                }
            ),
            ["never_fires"],
        ),
    ],
)
def test_a_total_that_no_window_can_hold_is_told(made, found):
    assert codes(made) == found


def coefficient(when, factor):
    return {
        "coefficient": "co",
        "title": text("co"),
        "cases": [{"title": text("case"), "when": when, "factor": factor}],
    }


@pytest.mark.parametrize(
    ("when", "factor", "found"),
    [
        ({"date": {"from": "2027-01-01"}}, 2, ["never_fires"]),
        ({"date": {"to": "2025-12-31"}}, 2, ["never_fires"]),
        ({"date": {"from": "2026-03-01", "to": "2026-03-31"}}, 2, []),
        ({"attributes": {"late": True}}, 0.5, ["lessens"]),
        ({"attributes": {"class": "普通"}}, 0.5, []),
        ({"attributes": {"class": "普通"}}, 0, ["lessens"]),
    ],
)
def test_a_case_of_a_coefficient_that_never_holds_or_takes_points_away_is_told(when, factor, found):
    assert codes(rule(coefficients=["co"]), coefficients=[coefficient(when, factor)]) == found


ALL_DAYS = [["workday", "makeup_workday"], ["weekend", "holiday"]]


@pytest.mark.parametrize(
    ("low", "highs", "found"),
    [
        ({}, [{"day": days} for days in ALL_DAYS], True),
        ({}, [{"day": ["workday"]}, {"day": ["weekend", "holiday"]}], False),
        ({"category": ["a", "b"]}, [{"category": "a"}, {"category": "b"}], True),
        ({"category": ["a", "b", "c"]}, [{"category": "a"}, {"category": "b"}], False),
        ({}, [{"attributes": {"x": True}}, {"attributes": {"x": {"not": [True]}}}], True),
        ({}, [{"attributes": {"x": True}}, {"attributes": {"x": False}}], False),
        ({}, [{"quantity": {"to": 2}}, {"quantity": {"from": 2}}], True),
        ({"quantity": {"from": 1, "to": 4}}, [{"quantity": {"to": 2}}, {"quantity": {"from": 2, "to": 4}}], True),
        ({}, [{"quantity": {"to": 2}}, {"quantity": {"from": 3}}], False),
        ({}, [{"time": {"from": "20:00", "to": "06:00"}}, {"time": {"from": "06:00", "to": "20:00"}}], True),
    ],
)
def test_a_rule_whose_deeds_higher_ones_share_out_never_fires(low, highs, found):
    made = [rule(f"high{n}", when={"kind": "act", **when}, priority=2) for n, when in enumerate(highs)]
    got = codes(rule("low", when={"kind": "act", **low}), *made)
    assert got == (["never_fires"] if found else []), got


def test_a_table_pays_nothing_for_what_a_deed_does_not_say():
    of = pack(rule(points={"table": {"by": "level", "values": {"None": 9, "city": 5}}}))
    assert amounts(decided(of, deed())) == {}
    assert amounts(decided(of, deed(attributes={"level": "city"}))) == {"acts": 5}
    assert facts_needed(of, deed()).tallies == ()


def test_true_is_not_one():
    one, true = ({"kind": "act", "attributes": {"n": value}} for value in (1, True))
    assert amounts(decided(pack(rule(when=one)), deed(attributes={"n": True}))) == {}
    assert amounts(decided(pack(rule(when=true)), deed(attributes={"n": 1}))) == {}
    assert amounts(decided(pack(rule(when=one)), deed(attributes={"n": 1}))) == {"acts": 10}
