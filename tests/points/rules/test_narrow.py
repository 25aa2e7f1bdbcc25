"""Many rules of one category: the few that a deed meets are found by its words, and decide as all of them would."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from points.rules import PackInvalid, facts_needed, load_pack, narrow, silent
from points.rules.quick import Quick
from tests.points.rules.packs import amounts, decided, deed, pack, raw, rule, written
from tests.points.rules.test_trial import pasts

WORDS = ("a", "b", "c")


def many(count=40, **when):
    return [
        rule(f"r{place}", when={"kind": "act", **{key: said(place) for key, said in when.items()}}, points={"each": 7})
        for place in range(count)
    ]


@pytest.mark.parametrize("word", ["activity", "street", "team"])
def test_rules_told_apart_by_a_word_of_the_deed_are_met_alone(word):
    code = (lambda place: f"3701120{place:02d}") if word == "street" else (lambda place: f"x{place}")
    of = pack(*many(**{word: code}))
    event = deed(**{word: code(17)})
    assert [each.id for each in of.meeting(event)] == ["r17"]
    assert amounts(decided(of, event)) == {"r17": 7}
    assert of.meeting(deed(**{word: "elsewhere"})) == of.meeting(deed()) == ()


def test_rules_told_apart_by_a_class_are_met_with_those_that_ask_no_class():
    classes = many(attributes=lambda place: {"class": f"k{place}"})
    of = pack(
        *classes,
        rule("any", adds=True),
        rule("not", when={"kind": "act", "attributes": {"class": {"not": "k9"}}}, adds=True),
    )
    assert [each.id for each in of.meeting(deed(attributes={"class": "k3"}))] == ["r3", "any", "not"]
    assert amounts(decided(of, deed(attributes={"class": "k3"}))) == {"r3": 7, "any": 10, "not": 10}


def test_two_words_narrow_one_after_the_other():
    of = pack(
        *[
            rule(f"r{one}-{two}", when={"kind": "act", "activity": f"x{one}", "attributes": {"class": f"k{two}"}})
            for one in range(10)
            for two in range(10)
        ]
    )
    event = deed(activity="x4", attributes={"class": "k2"})
    assert [each.id for each in of.meeting(event)] == ["r4-2"]


def test_why_the_others_were_silent_is_told_from_the_facts_that_were_read():
    needs = {"hours": {"at_least": 5, "window": "year"}}
    tier = {"tier": "gold", "title": {"zh": "金", "en": "gold"}, "needs": needs}
    found = [
        rule(
            f"r{place}", when={"kind": "act", "tier": "gold", "attributes": {"class": f"k{place}"}}, points={"each": 7}
        )
        for place in range(20)
    ]
    of = pack(*found, tiers=[tier])
    event = deed(attributes={"class": "k9"})
    assert [tally.key for tally in facts_needed(of, event).tallies] == ["tier.gold.hours"]
    lone = deed(attributes={"class": "none of them"})
    assert facts_needed(of, lone).tallies == ()
    assert {each.code for each in silent(of, decided(of, lone))} == {"condition"}


@st.composite
def crowds(draw):
    """Rules that may all ask several words, or ask which not, in any mixture."""
    found = []
    for place in range(draw(st.integers(9, 16))):
        when = {"kind": "act"}
        for key in ("activity", "team"):
            words = sorted(draw(st.sets(st.sampled_from(WORDS), max_size=3)))
            if words:
                when[key] = {"not": words} if draw(st.integers(0, 3)) == 0 else words
        if draw(st.booleans()):
            when["attributes"] = {"class": draw(st.sampled_from(["a", "b", True, 1]))}
        found.append(rule(f"r{place}", when=when, points={"each": place + 1}, adds=draw(st.booleans()), priority=place))
    return found


@settings(deadline=None, max_examples=25)
@given(crowds(), st.data())
def test_narrowing_changes_no_decision(found, data):
    text = written(raw(*found))
    try:
        one, other = load_pack(text), load_pack(text)
    except PackInvalid:  # a rule hidden by another may be drawn
        assume(False)
    word = st.none() | st.sampled_from([*WORDS, "d"])
    event = deed(
        activity=data.draw(word),
        team=data.draw(word),
        attributes=data.draw(st.sampled_from([{}, {"class": "a"}, {"class": True}, {"class": 1}])),
    )
    narrowed = one.meeting(event)
    other._narrow["act", "help"] = Whole(other.candidates("act", "help"))
    assert {each.id for each in narrowed} <= {each.id for each in other.meeting(event)}
    assert decided(one, event).to_json() == decided(other, event).to_json()


class Whole(narrow.Narrow):
    """As if there were no table."""

    def meet(self, event):
        return self._rules


def test_a_trial_meets_the_same_few_rules():
    of = pack(*many(activity=lambda place: f"x{place}"))
    quick = Quick(of)
    for place, past in enumerate(pasts(6)):
        one = past._replace(event=deed(id=f"n{place}", activity=f"x{place % 2}", at=past.event.at))
        assert [given.rule.id for given in quick.give(one)[1]] == [f"r{place % 2}"]
