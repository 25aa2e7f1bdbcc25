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
        "Cap “day” (day): added: per resident; window each day; points 9.",
        "fund changes from civic to x.",
    ]
    assert differences(old, new)[1] == "规则“a”（a）：积分 · 每次 由 10 改为 12.5。"
    assert "Rule “a” (a): at_most is left out (it was 20)." in differences(new, old, "en")


def test_a_new_rule_is_said_with_all_it_gives():
    once = {"at_most": 1, "window": {"days": 7}}
    big = rule("c", when={"kind": "service", "category": "help"}, points={"per_hour": 900}, times=once)
    (said,) = differences(pack(rule("a")), pack(rule("a"), big))
    assert said.startswith("规则“c”（c）：新增：行为种类是志愿服务；类别是help")
    assert "积分 每小时 900" in said
    assert "次数 最多 1，时段 7 天内" in said


def test_bands_and_shares_are_said_in_words():
    def banded(*points):
        steps = [{"from": 0, "to": 2, "points": points[0]}, {"from": 2, "points": points[1]}]
        return pack(rule("h", when={"kind": "service"}, points={"bands": {"window": "year", "steps": steps}}))

    assert differences(banded(10, 4), banded(10, 6)) == [
        "规则“h”（h）：积分 · 分段 · 各段 由 0 至 2：10 分；2 以上：4 分 改为 0 至 2：10 分；2 以上：6 分。"
    ]
    assert differences(banded(10, 4), banded(10, 6), "en") == [
        "Rule “h” (h): points · bands · steps changes from 0 to 2: 10; from 2: 4 to 0 to 2: 10; from 2: 6."
    ]
