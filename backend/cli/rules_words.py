"""`civic rules simulate`, before it prints: what the rows of the table are called, Chinese first, English second."""

from __future__ import annotations

import re

from backend.passbook import accounts
from points.rules import AGE_BANDS, Pack, Rule
from points.rules.caps import Cap
from points.rules.windows import TITLES

_SECTIONS = {
    "pack": "规则包",
    "total": "合计",
    "refused": "未作决定",
    "books before": "时段之前的账",
    "by rule": "按规则",
    "by fund": "按资金池",
    "by street": "按街道",
    "by age": "按年龄段",
    "by month": "按月",
    "cost in yuan": "折合人民币（元）",
    "gini": "基尼系数",
    "gini by street": "基尼系数（按街道）",
    "gini by age": "基尼系数（按年龄段）",
    "cap: times it cut": "上限：截减次数",
    "cap: points it cut": "上限：截减积分",
    "cap: residents it met": "上限：涉及居民",
    "budget: points used": "预算：已用积分",
    "budget: runs out": "预算：用尽之日",
    "residents who gain": "积分增加的居民",
    "residents who lose": "积分减少的居民",
    "residents as before": "积分不变的居民",
}
_NAMES = {
    "version": "版本",
    "deeds": "行为",
    "points asked": "应得积分",
    "points given": "实得积分",
    "deeds without points": "未得积分的行为",
    "deeds named twice, counted once": "编号重复的行为（只计一次）",
    "deeds replayed, in no figure": "先行重放、不计入结果的行为",
    "begin on": "始于",
    "windows cut short": "不完整的时段",
    "all": "全体",
    "street not recorded": "街道未记录",
    "age not recorded": "年龄段未记录",
    **{band: title.zh for band, title in AGE_BANDS.items()},
}
_FIGURES = {"never": "不会用尽", "none": "没有"}


def section(text: str) -> str:
    """What a part of the table is called in both languages."""
    return _both(text, _SECTIONS)


def name(text: str) -> str:
    """What a row is called: our own words in both languages; names of rules, funds and streets as they are."""
    return _both(text, _NAMES)


def called(part: str, text: str, pack: Pack) -> str:
    """A row of the part: a rule, cap, budget or fund by its Chinese title and its id; any other as `name` says it."""
    if part in ("by fund", "cost in yuan"):
        titles = {fund: title.zh for fund, title in accounts.titles().items()}
    else:
        items: dict[str, tuple[Rule | Cap, ...]] = {"by rule": pack.rules, "cap": pack.caps, "budget": pack.budgets}
        titles = {each.id: each.title.zh for each in items.get(part.partition(":")[0], ())}
    identifier, blank, window = text.partition(" ")
    title = titles.get(identifier, identifier)
    return name(text) if title == identifier else f"{title}{blank}{window} / {text}"


def figure(text: str) -> str:
    """A figure; the few that are words, in both languages."""
    windows = [_window(part) for part in text.split(", ")]
    if all(windows):
        return f"{'、'.join(windows)} / {text}"
    return _both(text.replace(" of ", " / "), _FIGURES)


def _window(text: str) -> str:
    """A window of time in Chinese; nothing for what is none."""
    days = re.fullmatch("([0-9]+) days", text)
    return f"{days[1]} 天" if days else TITLES[text].zh if text in TITLES else ""


def _both(text: str, words: dict[str, str]) -> str:
    return f"{words[text]} / {text}" if text in words else text
