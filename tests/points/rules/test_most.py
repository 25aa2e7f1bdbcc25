"""A cap above all that its rules can bring is told; one that can be reached never is."""

import pytest

from points.rules.most import most_of
from tests.points.rules.packs import cap, pack, rule
from tests.points.rules.test_problems import codes

HOURS = {"kind": "service"}
DAILY = {"at_most": 1, "window": "day"}
UNREACHABLE = ["cap_unreachable"]


def bands(*points, **parts):
    steps = [{"from": 2 * place, "to": 2 * place + 2, "points": each} for place, each in enumerate(points)]
    steps[-1].pop("to")
    return {"bands": {"window": "day", "steps": steps, **parts}}


@pytest.mark.parametrize(
    ("one", "limit", "most"),
    [
        (rule(times=DAILY), cap(), 310),
        (rule(times=DAILY, at_most=4), cap(window="week"), 28),
        (rule(times=DAILY, points={"each": 2.5}, rounding="up"), cap(window="day"), 3),
        (rule(when=HOURS, points={"per_hour": 8}, quantity={"at_most": 8, "per": "day"}), cap(window="week"), 448),
        (rule(when=HOURS, points={"per_hour": 1}), cap(window="day"), 24),
        (
            rule(when=HOURS, points={"per_hour": 1}, quantity={"at_most": 2, "per": "activity"}),
            cap(per=["resident", "activity"], window="lifetime"),
            2,
        ),
        (rule(when=HOURS, points=bands(10, 6, 0)), cap(window="day"), 32),
        (rule(when=HOURS, points=bands(10, 6, 1)), cap(window="day"), 52),
        (
            rule(when=HOURS, points={"milestones": {"window": "lifetime", "steps": [{"at": 9, "points": 5}]}}),
            cap(window="year"),
            5,
        ),
    ],
)
def test_a_cap_at_all_that_can_be_earned_is_never_reached_and_one_below_it_is(one, limit, most):
    assert codes(one, caps=[{**limit, "points": most}]) == UNREACHABLE
    assert codes(one, caps=[{**limit, "points": most - 1}]) == []


@pytest.mark.parametrize(
    ("one", "limit"),
    [
        (rule(), cap()),
        (rule(times={"at_most": 1, "window": {"days": 1}}), cap()),
        (rule(times={**DAILY, "same": ["place"]}), cap()),
        (rule(times=DAILY), cap(per="team")),
        (rule(when={"kind": "ticket"}, points={"per_hour": 1}), cap(window="day")),
        (rule(when=HOURS, points={"per_hour": 1}, rounding="up"), cap(window="day")),
        (rule(when=HOURS, points=bands(10, 6, 0), rounding="half_up"), cap(window="day")),
        (rule(when=HOURS, points=bands(10, 6, 0, per="team")), cap(window="day")),
        (rule(when=HOURS, points=bands(10, 6, 0, mode="whole")), cap(window="day")),
    ],
)
def test_what_has_no_limit_can_reach_any_cap(one, limit):
    made = pack(one, caps=[{**limit, "points": 999_999}])
    assert most_of(made.rules[0], made.caps[0]) is None
    assert made.problems == ()


def test_a_cap_above_the_sum_of_narrower_ones_is_never_reached():
    both = (rule("a"), rule("b", when=HOURS, points={"each": 1}))
    narrow = [cap("x", rules=["a"], points=100), cap("y", rules=["b"], points=100)]
    assert codes(*both, caps=[*narrow, cap("z", points=200)]) == UNREACHABLE
    assert codes(*both, caps=[*narrow, cap("z", points=199)]) == []
    assert codes(*both, caps=[narrow[0], cap("z", points=999)]) == []
    shared = [cap("x", classes=["a", "b"], points=100), cap("z", points=110)]
    third = rule("c", when={"kind": "ticket"}, times=DAILY, points={"each": 1})
    assert codes(*both, third, caps=shared) == []
    assert codes(*both, third, caps=[shared[0], cap("z", points=131)]) == UNREACHABLE
