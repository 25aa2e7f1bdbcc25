"""The difference of two packs in words."""

from points.rules.diff import differences
from tests.points.rules.packs import cap, pack, rule


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
