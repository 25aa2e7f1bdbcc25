"""What holds for any pack, any deeds and any order of them."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from points.rules import Decision, PackInvalid, decide, explain, load_pack
from points.rules.book import Book
from tests.points.rules.packs import NOW, cap, deed, raw, rule, text, written

CATEGORIES = ("help", "care", "clean")
numbers = st.decimals(min_value=0, max_value=50, places=1).map(float)
windows = st.sampled_from(["day", "week", "month", "quarter", "season", "year", "lifetime"])


@st.composite
def shapes(draw, kind):
    of_a_ticket = {"first": draw(numbers), "later": draw(numbers), "same": ["place"], "window": draw(windows)}
    edge = draw(st.integers(1, 6))
    steps = [{"from": 0, "to": edge, "points": draw(numbers)}, {"from": edge, "points": draw(numbers)}]
    bands = {"window": draw(windows), "mode": draw(st.sampled_from(["split", "whole", "each"])), "steps": steps}
    low = draw(st.integers(0, 9))
    choices = [
        {"each": draw(numbers)},
        {"per_hour": draw(numbers)},
        {"bands": bands},
        {"assessed": [low, low + draw(st.integers(0, 9))]},
        {"milestones": {"window": "year", "steps": [{"at": edge, "points": draw(numbers)}]}},
    ]
    return draw(st.sampled_from([*choices, {"turn": of_a_ticket}] if kind == "ticket" else choices))


@st.composite
def rules(draw, place):
    kind = ("act", "service", "ticket")[place % 3]
    when = {"kind": kind, "category": sorted(draw(st.sets(st.sampled_from(CATEGORIES), min_size=1)))}
    if draw(st.booleans()):
        when["weekday"] = ["sat", "sun"]
    parts = {"when": when, "points": draw(shapes(kind)), "priority": place}
    parts["adds"] = draw(st.booleans())
    if draw(st.booleans()):
        parts["quantity"] = {"step": 0.5, "at_most": draw(st.integers(1, 5)), "per": draw(windows)}
    if draw(st.booleans()):
        parts["times"] = {"at_most": draw(st.integers(1, 3)), "same": ["category"], "window": {"days": 5}}
    if draw(st.booleans()):
        parts["coefficients"] = draw(st.sampled_from([["night"], ["weekend"], ["night", "weekend"]]))
    if draw(st.booleans()):
        parts["at_most"] = draw(st.integers(1, 60))
    return rule(f"r{place}", **parts)


@st.composite
def packs(draw):
    found = [draw(rules(place)) for place in range(draw(st.integers(1, 7)))]
    subjects = st.sampled_from(["resident", "team", "household", "district", ["resident", "team"]])
    caps = [
        cap(f"c{place}", per=draw(subjects), window=draw(windows), points=draw(st.integers(0, 80)))
        for place in range(draw(st.integers(0, 3)))
    ]
    night = {"title": text("n"), "when": {"time": {"from": "20:00", "to": "06:00"}}, "factor": draw(numbers)}
    weekend = {"title": text("w"), "when": {"day": "weekend"}, "factor": draw(numbers)}
    coefficients = [
        {"coefficient": "night", "title": text("n"), "cases": [night]},
        {"coefficient": "weekend", "title": text("w"), "cases": [weekend], "otherwise": 0.7},
    ]
    parts = {"caps": caps, "coefficients": coefficients, "rounding": draw(st.sampled_from(["down", "half_even", "up"]))}
    if draw(st.booleans()):
        parts["store"] = {"at_most": draw(st.integers(0, 200)), "overflow_to": "care"}
    value = raw(*found, **parts)
    if "never_fires" in refusals(value):  # a rule hidden by another may be drawn
        value["rules"] = value["rules"][-1:]
    assert refusals(value) == set()
    return value


def refusals(value):
    try:
        load_pack(written(value))
    except PackInvalid as invalid:
        return {each.code for each in invalid.problems if each.severity == "error"}
    return set()


@st.composite
def deeds(draw):
    return [
        deed(
            draw(st.sampled_from(["act", "service", "ticket"])),
            id=f"deed-{number}",
            category=draw(st.sampled_from(CATEGORIES)),
            at=NOW + timedelta(hours=draw(st.integers(-2000, 2000))),
            resident=draw(st.sampled_from(["lin", "wang"])),
            team=draw(st.sampled_from([None, "t"])),
            household=draw(st.sampled_from([None, "h"])),
            place=draw(st.sampled_from([None, "p"])),
            quantity=draw(st.decimals(min_value=0, max_value=9, places=2)),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


def played(pack, events):
    book = Book(pack)
    return [book.decide(event, book.facts(event, event.at)) for event in events]


@settings(max_examples=30, deadline=None)
@given(packs(), deeds(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_caps_in_the_file_never_changes_a_decision(value, events, random):
    shuffled = {**value}
    for section in ("rules", "caps", "coefficients"):
        shuffled[section] = random.sample(value[section], len(value[section]))
    one, other = (played(load_pack(written(each)), events) for each in (value, shuffled))
    assert [each.to_json() for each in one] == [each.to_json() for each in other]


@settings(max_examples=30, deadline=None)
@given(packs(), deeds(), st.randoms(use_true_random=False))
def test_points_never_exceed_any_cap_under_any_order_of_deeds(value, events, random):
    pack = load_pack(written(value))
    random.shuffle(events)
    given_under: Counter[str] = Counter()
    ceilings = {}
    for decision in played(pack, events):
        for grant in decision.grants:
            for key, ceiling in grant.caps:
                given_under[key] += decision.outcomes[grant.rule].granted
                ceilings[key] = ceiling
    assert all(given_under[key] <= ceiling for key, ceiling in ceilings.items())


@settings(max_examples=30, deadline=None)
@given(packs(), deeds())
def test_a_replay_from_what_was_stored_equals_the_original(value, events):
    pack = load_pack(written(value))
    for decision in played(pack, events):
        stored = Decision.from_json(decision.to_json())
        again = decide(load_pack(written(value)), stored.event, stored.facts)
        assert again.to_json() == decide(pack, decision.event, decision.facts).to_json()
        assert again.grants == decision.grants


@settings(max_examples=30, deadline=None)
@given(packs(), deeds())
def test_the_arithmetic_of_every_explanation_adds_up(value, events):
    for decision in played(load_pack(written(value)), events):
        for grant in decision.grants:
            assert sum((step.delta for step in grant.steps), Decimal(0)) == grant.amount
            assert grant.amount > 0 or grant.overflow > 0
        said = "\n".join(explain(decision, "en"))
        assert all(f"In all {grant.amount} points" in said for grant in decision.grants)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.decimals(min_value="0.1", max_value=9, places=1), min_size=1, max_size=6),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_split_bands_pay_the_same_for_hours_in_whatever_parts_they_come(parts, edge, random):
    steps = [{"from": 0, "to": edge, "points": 70}, {"from": edge, "points": 30}]
    of = load_pack(written(raw(rule(points={"bands": {"window": "year", "steps": steps}}))))

    def total(hours):
        events = [deed(id=f"d{place}", quantity=part) for place, part in enumerate(hours)]
        return sum(decision.amount for decision in played(of, events))

    shuffled = random.sample(parts, len(parts))
    assert total(parts) == total(shuffled) == total([sum(parts)])
