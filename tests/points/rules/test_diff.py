"""The difference of two packs in words, and what a corrected decision still has to do."""

import pytest

from points.rules import Cut, Outcome, complete
from points.rules.correct import corrections
from points.rules.diff import differences
from points.rules.sentences import said_step
from tests.points.rules.packs import cap, decided, deed, pack, rule


def test_equal_packs_have_no_differences_whatever_their_order():
    one = pack(rule("a"), rule("b", when={"kind": "ticket"}))
    other = pack(rule("b", when={"kind": "ticket"}), rule("a"))
    assert differences(one, other) == []


def test_what_is_added_left_out_and_changed_is_said():
    old = pack(rule("a"), rule("b", when={"kind": "ticket"}), caps=[cap()])
    new = pack(rule("a", points={"each": 12.5}, at_most=20), caps=[cap(), cap("day", window="day", points=9)], fund="x")
    assert differences(old, new, "en") == [
        "Rule “a” (a): at_most is now 20.",
        "Rule “a” (a): points · each changes from 10 to 12.5.",
        "Rule “b” (b): left out.",
        "Cap “day” (day): added.",
        "fund changes from civic to x.",
    ]
    assert differences(old, new)[1] == "规则“a”（a）：points · each 由 10 改为 12.5。"
    assert "Rule “a” (a): at_most is left out (it was 20)." in differences(new, old, "en")


def posted(points, granted):
    decision = decided(pack(rule(points={"each": points})), deed())
    return complete(decision, {"acts": Outcome("posted", granted)})


@pytest.mark.parametrize(("had", "due", "more", "back"), [(10, 25, 15, 0), (10, 4, None, 6), (0, 8, 8, 0)])
def test_a_correction_is_only_the_difference_to_what_was_posted(had, due, more, back):
    (found,) = corrections(posted(10, had), decided(pack(rule(points={"each": due})), deed()))
    assert (found.posted, found.due, found.take_back) == (had, due, back)
    assert (found.more and found.more.amount) == more
    if found.more:
        assert sum(step.delta for step in found.more.steps) == more


def test_a_correction_says_what_was_posted_before():
    (found,) = corrections(posted(10, 10), decided(pack(rule(points={"each": 25})), deed()))
    assert "10 分，只补差额" in said_step(found.more.steps[-1]).zh


def test_what_is_right_already_needs_no_correction_and_a_rule_that_falls_silent_is_taken_back():
    assert corrections(posted(10, 10), posted(10, 10)) == ()
    silent = decided(pack(rule(when={"kind": "act", "street": "x"})), deed())
    (found,) = corrections(posted(10, 7), silent)
    assert (found.take_back, found.more) == (7, None)


def test_a_correction_is_of_the_same_deed():
    with pytest.raises(ValueError, match="same deed"):
        corrections(posted(10, 10), decided(pack(), deed(id="another")))


def test_what_a_cap_cut_may_be_asked_for_again_and_the_cap_still_holds():
    first = complete(
        decided(pack(caps=[cap()]), deed()),
        {"acts": Outcome("posted", 4, (Cut("monthly:resident:lin:2026-06", 10, 4),))},
    )
    (found,) = corrections(first, decided(pack(caps=[cap()]), deed()))
    assert (found.more.amount, found.more.caps) == (6, (("monthly:resident:lin:2026-06", 30),))
