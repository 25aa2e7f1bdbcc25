"""Beside the decisions: the parts of a pack's file as people say them, for the difference of two packs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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
    "age_band": "年龄段", "tier": "等级",
}  # fmt: skip
_WORDS = {
    **TITLES,
    "resident": Text("每人", "resident"), "team": Text("每队", "team"), "household": Text("每户", "household"),
    "district": Text("全区", "district"), "activity": Text("每个活动", "activity"), "deed": Text("每次", "deed"),
    "split": Text("逐段", "split"), "whole": Text("按起点那一段", "whole"), "each": Text("每次", "each"),
    "down": Text("舍去", "down"), "up": Text("进一", "up"),
}  # fmt: skip


def path_of(keys: tuple[str, ...]) -> Text:
    """Where in the file something stands: `积分 · 每次`, `points · each`."""
    return Text(" · ".join(KEYS.get(key, key) for key in keys), " · ".join(keys))


def value_of(value: Any) -> Text:
    """A value of the file; stretches of bands, titles and windows in words."""
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, (int, Decimal)):
        return Text(plain(value), plain(value))
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list):
        parts = [value_of(part) for part in value]
        between = ("；", "; ") if any(isinstance(part, dict) for part in value) else ("、", ", ")
        return Text(between[0].join(part.zh for part in parts), between[1].join(part.en for part in parts))
    return _WORDS.get(str(value)) or Text(str(value), str(value))


def _mapping(value: dict[str, Any]) -> Text:
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
    said = [(path_of((key,)), value_of(part)) for key, part in value.items()]
    return Text(
        "，".join(f"{key.zh} {part.zh}" for key, part in said), ", ".join(f"{key.en} {part.en}" for key, part in said)
    )


_LEFT_OUT = ("rule", "cap", "budget", "coefficient", "tier", "title", "when", "note", "source")


def contents(item: dict[str, Any], rule: Rule | None) -> Text:
    """All that a rule, cap, budget, coefficient or tier says, for one that is new."""
    parts = [Text(f"{said.zh}", f"{said.en}") for said in (each.say() for each in rule.conditions)] if rule else []
    for key, value in item.items():
        if key not in _LEFT_OUT:
            where, said = path_of((key,)), value_of(value)
            parts.append(Text(f"{where.zh} {said.zh}", f"{where.en} {said.en}"))
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
