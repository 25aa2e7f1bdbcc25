"""The difference of two packs in words."""

import json
import re
from pathlib import Path

from points.rules import ids_named
from points.rules.diff import differences
from points.rules.said import path_of, value_of
from tests.points.rules.packs import cap, pack, rule, text

ROOT = Path(__file__).parents[3]


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


def test_every_key_and_word_of_a_pack_is_said_in_chinese():
    schema = json.loads((ROOT / "points" / "rules" / "pack.schema.json").read_text("utf-8"))
    keys, words = set(), set()

    def look(part, key):
        if isinstance(part, dict):
            properties = part.get("properties")
            for name, each in properties.items() if isinstance(properties, dict) else ():
                keys.add(name)
                look(each, name)
            words.update((key, str(word)) for word in part.get("enum", ()))
            for name, each in part.items():
                if name != "properties":
                    look(each, key)
        elif isinstance(part, list):
            for each in part:
                look(each, key)

    look(schema, "")
    assert {key for key in keys if not re.search("[一-鿿]", path_of((key,)).zh)} == set()
    spoken = {(key, word) for key, word in words if key and not re.search("[一-鿿]", value_of(word, (key,)).zh)}
    assert spoken == set()


def test_words_are_said_by_where_they_stand_and_names_as_they_are():
    share = {"budgets": [{"budget": "quarter", "title": text("all"), "window": "year", "points": 9}]}
    share["caps"] = [{**cap(), "per": "district", "share": {"of": "quarter", "part": 0.5}}]
    share["caps"][0].pop("points")
    asked = rule(when={"kind": "act", "attributes": {"class": ["first", "day"]}})
    said = differences(pack(), pack(asked, **share, expires={"end": "year", "later": 1}, rounding="half_up"))
    assert "上限“monthly”（monthly）：新增：对象 全区；时段 每月；份额 预算 quarter，比例 0.5。" in said
    assert "规则“acts”（acts）：条件 · 事实 新增 class first、day。" in said
    assert "有效期 · 再晚几期 新增 1。" in said
    assert "取整 由 舍去 改为 四舍五入。" in said
    opened = {"open": [{"of": "month", "which": "last", "weekday": "fri"}]}
    assert differences(pack(), pack(redemption=opened)) == [
        "兑换 新增 兑换日 哪一种时段 每月，第几个 最后一个，星期 星期五。"
    ]


def test_streets_are_said_by_their_names_in_what_changes():
    here, there = (rule(when={"kind": "act", "street": code}) for code in ("370112001", "370112002"))
    other = rule("other", when={"kind": "act", "street": {"not": ["370112001"]}}, adds=True)
    names = {"street": {"370112001": "山大路街道", "370112002": "洪家楼街道"}}
    moved, added = differences(pack(here), pack(there, other), "zh-CN", names)
    assert moved == "规则“acts”（acts）：条件 · 街道 由 山大路街道 改为 洪家楼街道。"
    assert "街道不是山大路街道" in added


def test_teams_and_activities_are_said_by_their_names_in_what_changes_but_not_an_authors_own_words():
    case = {"title": text("red"), "when": {"activity": "b2"}, "factor": 2}
    by = {"coefficients": [{"coefficient": "by", "title": text("by"), "cases": [case]}]}
    here = rule(when={"kind": "act", "team": "a1"})
    there = rule(when={"kind": "act", "team": {"not": "a1"}, "attributes": {"team": "a1"}})
    names = {"team": {"a1": "红队"}, "activity": {"b2": "植树"}, "street": {"a1": "不是这个"}}
    said = "\n".join(differences(pack(here), pack(there, **by), "zh-CN", names))
    assert "条件 · 队伍 由 红队 改为 不是 红队。" in said
    assert "条件 · 事实 新增 team a1。" in said
    assert "条件 活动 植树" in said
    assert ids_named(pack(here), pack(there, **by)) == {
        "street": frozenset(),
        "team": frozenset({"a1"}),
        "activity": frozenset({"b2"}),
    }
