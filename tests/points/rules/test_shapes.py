"""The shapes a table of points can have, and what coefficients, rounding and a most for one deed make of them."""

from decimal import Decimal

import pytest

from points.errors import Refused
from points.rules import Facts, decide, explain, facts_needed
from points.rules.texts import NOTHING
from tests.points.rules.packs import NOW, amounts, decided, deed, pack, rule, text


def test_points_for_each_deed_ignore_the_quantity():
    assert amounts(decided(pack(rule(points={"each": 7})), deed(quantity=Decimal(3)))) == {"acts": 7}


def test_points_for_each_unit_grow_with_the_quantity():
    of = pack(rule(points={"per_unit": {"unit": text("bag"), "points": 3}}))
    assert amounts(decided(of, deed(quantity=Decimal("2.5")))) == {"acts": 7}


def test_a_deed_of_no_quantity_brings_nothing():
    of = pack(rule(points={"per_hour": 3}))
    assert amounts(decided(of, deed(quantity=Decimal(0)))) == {}


@pytest.mark.parametrize(("mode", "amount"), [("down", 2), ("up", 3), ("half_up", 3), ("half_even", 2)])
def test_rounding_is_the_packs_own(mode, amount):
    of = pack(rule(points={"each": 2.5}), rounding=mode)
    decision = decided(of, deed())
    assert amounts(decision) == {"acts": amount}
    assert [step.kind for step in decision.grants[0].steps] == ["each", "round"]
    assert decision.grants[0].steps[1].numbers == (Decimal("2.5"), Decimal(amount))


def test_a_rules_own_rounding_goes_before_the_packs():
    assert amounts(decided(pack(rule(points={"each": 2.5}, rounding="up")), deed())) == {"acts": 3}


@pytest.mark.parametrize(
    ("before", "hours", "amount"),
    [(0, 2, 20), (0, 3, 26), (1, 3, 22), (2, 8, 48), (9, 2, 9), (10, 1, 3), (50, 2, 6), (0, 12, 74)],
)
def test_each_hour_is_paid_at_the_rate_of_its_own_band(before, hours, amount):
    steps = [{"from": 10, "points": 3}, {"from": 0, "to": 2, "points": 10}, {"from": 2, "to": 10, "points": 6}]
    of = pack(rule(when={"kind": "service"}, points={"bands": {"window": "year", "steps": steps}}))
    decision = decided(of, deed("service", quantity=Decimal(hours)), tallies={"acts.bands": before})
    assert decision.amount == amount


@pytest.mark.parametrize(("before", "amount"), [(0, 6), (3, 6), (4, 3), (9, 3)])
def test_a_stepped_band_pays_all_at_the_rate_where_one_stands(before, amount):
    steps = [{"from": 0, "to": 4, "points": 2}, {"from": 4, "points": 1}]
    of = pack(rule(when={"kind": "service"}, points={"bands": {"window": "year", "mode": "whole", "steps": steps}}))
    decision = decided(of, deed("service", quantity=Decimal(3)), tallies={"acts.bands": before})
    assert decision.amount == amount


@pytest.mark.parametrize(("before", "amount"), [(0, 9), (3, 9), (4, 2), (40, 2)])
def test_a_fixed_band_pays_a_sum_for_each_deed_by_where_one_stands(before, amount):
    steps = [{"from": 0, "to": 4, "points": 9}, {"from": 4, "points": 2}]
    of = pack(rule(when={"kind": "service"}, points={"bands": {"window": "year", "mode": "each", "steps": steps}}))
    decision = decided(of, deed("service", quantity=Decimal(3)), tallies={"acts.bands": before})
    assert decision.amount == amount
    said = "此前累计 0 至 4 小时：每次 9 分" if before < 4 else "此前累计超过 4 小时：每次 2 分"
    assert said in explain(decision)[1]


@pytest.mark.parametrize(("before", "hours", "amount"), [(0, 2, 0), (2, 1, 5), (3, 1, 0), (2, 4, 15), (0, 9, 15)])
def test_a_milestone_pays_once_on_reaching_it(before, hours, amount):
    steps = [{"at": 6, "points": 10}, {"at": 3, "points": 5}]
    of = pack(rule(when={"kind": "service"}, points={"milestones": {"window": "lifetime", "steps": steps}}))
    event = deed("service", quantity=Decimal(hours))
    assert decided(of, event, tallies={"acts.milestones": before}).amount == amount


TURN = {"first": 10, "later": 1, "same": ["place", "category"], "window": {"days": 7}}


def test_the_first_reporter_earns_in_full_and_later_ones_a_token():
    of = pack(rule(when={"kind": "ticket"}, points={"turn": TURN}))
    event = deed("ticket", place="p")
    assert decided(of, event).amount == 10
    assert decided(of, event, tallies={"acts.turn": 1}).amount == 1
    assert decided(of, event, tallies={"acts.turn": 4}).grants[0].steps[0].numbers == (Decimal(1), Decimal(5))


def test_a_ticket_without_a_place_stands_alone():
    of = pack(rule(when={"kind": "ticket"}, points={"turn": TURN}))
    assert facts_needed(of, deed("ticket")).tallies == ()
    assert decided(of, deed("ticket")).amount == 10


def test_a_tally_that_was_not_read_is_a_fault():
    of = pack(rule(when={"kind": "ticket"}, points={"turn": TURN}))
    with pytest.raises(KeyError):
        decide(of, deed("ticket", place="p"), Facts(NOW))


def test_the_reviewer_sets_points_within_the_range_only():
    of = pack(rule(points={"assessed": [5, 10]}))
    assert decided(of, deed()).amount == 5
    assert decided(of, deed(attributes={"assessed_points": 10})).amount == 10
    for points in (4, 11, True, "7"):
        with pytest.raises(Refused) as refused:
            decided(of, deed(attributes={"assessed_points": points}))
        assert refused.value.code == "rules_assessed_outside_range"


def test_a_table_by_an_attribute_gives_nothing_for_what_it_does_not_name():
    of = pack(rule(points={"table": {"by": "level", "values": {"city": 20}}}))
    assert decided(of, deed(attributes={"level": "city"})).amount == 20
    assert decided(of, deed(attributes={"level": "village"})).grants == ()
    assert decided(of, deed()).grants == ()


def coefficient(name, factor, **when):
    case = {"title": text(name), "when": when, "factor": factor}
    return {"coefficient": name, "title": text(name), "cases": [case]}


def test_coefficients_multiply_in_whatever_order_they_are_named():
    both = [coefficient("a", 1.5, street="x"), coefficient("b", 2, category="help")]
    for order in (["a", "b"], ["b", "a"]):
        of = pack(rule(coefficients=order), coefficients=both)
        decision = decided(of, deed(street="x"))
        assert decision.amount == 30
        assert [step.delta for step in decision.grants[0].steps] == [10, 5, 15]


def test_a_coefficient_without_a_fitting_case_takes_its_otherwise():
    plain = coefficient("a", 1.5, street="x")
    assert decided(pack(rule(coefficients=["a"]), coefficients=[plain]), deed(street="y")).amount == 10
    half = {**plain, "otherwise": 0.5}
    decision = decided(pack(rule(coefficients=["a"]), coefficients=[half]), deed(street="y"))
    assert decision.amount == 5
    assert decision.grants[0].steps[1].title.zh == "a"


def test_at_most_cuts_one_deed():
    of = pack(rule(points={"per_hour": 10}, at_most=25))
    assert decided(of, deed(quantity=Decimal(2))).amount == 20
    just = decided(of, deed(quantity=Decimal("2.5")))
    assert (just.amount, [step.kind for step in just.grants[0].steps]) == (25, ["rate"])
    decision = decided(of, deed(quantity=Decimal(3)))
    assert decision.grants[0].steps[1][::2] == ("most", NOTHING)
    assert decision.amount == 25
    assert decision.grants[0].steps[1].delta == -5
    assert decision.grants[0].steps[1].numbers == (25, 30)


def test_one_grant_never_exceeds_the_ledgers_ceiling():
    of = pack(rule(points={"per_hour": 1_000_000}))
    decision = decided(of, deed(quantity=Decimal(5)))
    assert decision.amount == 1_000_000
    assert sum(step.delta for step in decision.grants[0].steps) == 1_000_000
