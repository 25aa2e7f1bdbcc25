"""Beside the decisions: the parts of a pack's file as people say them, for the difference of two packs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from points.rules.conditions import CONSENTS, NO_NAMES, WORDS, Names
from points.rules.pack import Rule
from points.rules.texts import Text, plain
from points.rules.windows import TITLES, Window

KEYS = {
    "points": "积分", "each": "每次", "per_hour": "每小时", "per_unit": "每单位", "table": "查表", "values": "各项",
    "assessed": "核定范围", "bands": "分段", "steps": "各段", "milestones": "累计奖", "turn": "首报与后报",
    "first": "首报", "later": "后报", "when": "条件", "quantity": "数量", "times": "次数", "at_most": "最多",
    "at_least": "至少", "step": "单位", "window": "时段", "same": "同一事由", "per": "对象", "coefficients": "系数",
    "adds": "相加", "priority": "优先", "class": "大类", "fund": "资金池", "expires": "有效期", "months": "月",
    "days": "天", "working_days": "工作日", "notice": "公示", "rounding": "取整", "source": "依据", "title": "名称",
    "valid": "有效", "from": "自", "to": "至", "version": "版本", "share": "份额", "part": "比例", "of": "预算",
    "rules": "规则", "classes": "大类", "cases": "各档", "otherwise": "其余", "factor": "系数", "needs": "要求",
    "store": "可存", "overflow_to": "超出归", "stars": "星级", "hours": "小时", "redemption": "兑换", "open": "兑换日",
    "least_points": "起兑分", "limits": "次数限制", "points_per_yuan": "几分合一元", "categories": "类别",
    "category": "类别", "kind": "种类", "street": "街道", "activity": "活动", "team": "队伍", "attributes": "事实",
    "document": "依据文件", "number": "文号", "publisher": "发布单位", "calendar": "日历", "words": "英文",
    "pack": "编号", "mode": "算法", "unit": "单位", "constructed": "构造", "hours_before": "此前小时",
    "age_band": "年龄段", "tier": "等级", "consent": "须已同意", "time": "时间", "weekday": "星期", "day": "日期性质",
    "date": "日期", "not": "不是", "at": "累计", "by": "按", "end": "期末", "beyond": "安排未公布的年份",
    "holidays": "法定节假日", "makeup_workdays": "调休上班日", "which": "第几个", "place": "出处", "uses": "采用",
    "left_out": "没有采用", "url": "网址", "format": "格式", "district": "区划", "timezone": "时区", "note": "备注",
    "zh": "中文", "en": "英文", "rule": "规则", "cap": "上限", "caps": "上限", "budget": "预算", "budgets": "预算",
    "coefficient": "系数", "tiers": "等级", "sources": "依据",
    **{name: word.zh for name, word in WORDS["kind"].items()},
}  # fmt: skip
_HERE = {
    ("expires", "later"): "再晚几期", ("expires", "from"): "起算", ("open", "of"): "哪一种时段",
    ("bands", "of"): "累计哪些", ("milestones", "of"): "累计哪些",
}  # fmt: skip
"""Words that mean something else in one place."""
_THEIRS = frozenset({"attributes", "words", "values"})
"""Below these stand the author's own words, keys too."""
_NAMES = frozenset(
    {"rules", "classes", "coefficients", "class", "fund", "overflow_to", "pack", "source", "tier", "category", "street"}
    | {"team", "activity", "number", "publisher", "zh", "en", "place", "uses", "left_out", "unit", "budget"}
)
"""Keys whose values are names, even where one is written like a word of the file."""
_WORDS = {
    **TITLES,
    "resident": Text("每人", "resident"), "team": Text("每队", "team"), "household": Text("每户", "household"),
    "district": Text("全区", "district"), "activity": Text("每个活动", "activity"), "deed": Text("每次", "deed"),
    "split": Text("逐段", "split"), "whole": Text("按起点那一段", "whole"), "each": Text("每次", "each"),
    "down": Text("舍去", "down"), "up": Text("进一", "up"), "half_up": Text("四舍五入", "half_up"),
    "half_even": Text("四舍六入五成双", "half_even"), "street": Text("每个街道", "street"),
}  # fmt: skip
_SAME = {
    "place": Text("同一地点", "place"), "category": Text("同一类别", "category"), "about": Text("同一对象", "about"),
    "resident": Text("同一居民", "resident"), "street": Text("同一街道", "street"), "team": Text("同一队伍", "team"),
    "activity": Text("同一活动", "activity"), "household": Text("同一住户", "household"),
}  # fmt: skip
_OF_KEY: dict[str, dict[str, Text]] = {
    **WORDS,
    "same": _SAME,
    "consent": {name: Text(zh, name) for name, zh in CONSENTS.items()},
    "which": {"first": Text("第一个", "first"), "last": Text("最后一个", "last")},
    "beyond": {"weekends": Text("按双休日", "weekends"), "refuse": Text("不计分", "refuse")},
    "from": {"deed": Text("行为当天", "deed"), "opening": Text("可用之日", "opening")},
    "by": {"category": Text("类别", "category")},
    "end": {name: Text(f"{title.zh.removeprefix('每')}末", name) for name, title in TITLES.items()},
}
"""Words of the file that one key has for itself."""


def path_of(keys: tuple[str, ...]) -> Text:
    """Where in the file something stands: `积分 · 每次`, `points · each`."""
    said = [_key_of(keys[:place], key) for place, key in enumerate(keys)]
    return Text(" · ".join(said), " · ".join(keys))


def _key_of(above: tuple[str, ...], key: str) -> str:
    if above and above[-1] in _THEIRS:
        return key
    return _HERE.get((above[-1], key) if above else ("", key)) or KEYS.get(key, key)


def value_of(value: Any, above: tuple[str, ...] = (), names: Names = NO_NAMES) -> Text:
    """A value of the file; stretches of bands, titles and windows in words. `above` are the keys it stands under."""
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, (int, Decimal)):
        return Text(plain(value), plain(value))
    if isinstance(value, dict):
        return _mapping(value, above, names)
    if isinstance(value, list):
        parts = [value_of(part, above, names) for part in value]
        between = ("；", "; ") if any(isinstance(part, dict) for part in value) else ("、", ", ")
        return Text(between[0].join(part.zh for part in parts), between[1].join(part.en for part in parts))
    word = str(value)
    if _THEIRS & set(above) or _NAMES & set(above[-2:]) or above[-2:] == ("share", "of"):
        *_, place, what = ("", "", *(key for key in above if key != "not"))
        called = names.get(what, {}).get(word, word) if place == "when" else word
        return Text(called, called)
    own = next((_OF_KEY[key] for key in reversed(above) if key != "not" and key in _OF_KEY), {}) if above else {}
    return own.get(word) or _WORDS.get(word) or Text(word, word)


def _mapping(value: dict[str, Any], above: tuple[str, ...], names: Names) -> Text:
    keys = set(value)
    if keys == {"zh", "en"}:
        return Text(value["zh"], value["en"])
    if keys == {"days"}:
        return Window(days=int(value["days"])).title()
    if "points" in keys and "at" in keys:
        points, at = plain(value["points"]), plain(value["at"])
        return Text(f"累计 {at} 奖 {points} 分", f"{points} on reaching {at}")
    if "points" in keys and keys <= {"from", "to", "points"}:
        points, low, high = value["points"], value.get("from", 0), value.get("to")
        reach = Text(f"{plain(low)} 以上", f"from {plain(low)}")
        if high is not None:
            reach = Text(f"{plain(low)} 至 {plain(high)}", f"{plain(low)} to {plain(high)}")
        return Text(f"{reach.zh}：{plain(points)} 分", f"{reach.en}: {plain(points)}")
    said = [(Text(_key_of(above, key), key), value_of(part, (*above, key), names)) for key, part in value.items()]
    return Text(
        "，".join(f"{key.zh} {part.zh}" for key, part in said), ", ".join(f"{key.en} {part.en}" for key, part in said)
    )


_LEFT_OUT = ("rule", "cap", "budget", "coefficient", "tier", "title", "when", "note", "source")


def contents(item: dict[str, Any], rule: Rule | None, names: Names = NO_NAMES) -> Text:
    """All that a rule, cap, budget, coefficient or tier says, for one that is new."""
    parts = [each.say(names) for each in rule.conditions] if rule else []
    for key, value in item.items():
        if key not in _LEFT_OUT:
            where, said = path_of((key,)), value_of(value, (key,), names)
            parts.append(Text(f"{where.zh} {said.zh}", f"{where.en} {said.en}"))
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
