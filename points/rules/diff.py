"""Beside the decisions: what changes from one pack to the next, in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from points.rules.pack import Pack
from points.rules.texts import Text, plain

_SECTIONS = {
    "rules": ("rule", Text("规则", "Rule")),
    "caps": ("cap", Text("上限", "Cap")),
    "budgets": ("budget", Text("预算", "Budget")),
    "coefficients": ("coefficient", Text("系数", "Coefficient")),
    "tiers": ("tier", Text("等级", "Tier")),
    "sources": ("source", Text("依据", "Source")),
}
_UNSAID = frozenset({"format", "note"})


def differences(old: Pack, new: Pack, language: str = "zh-CN") -> list[str]:
    """A sentence for each thing that is added, left out or changed; nothing for mere order or writing."""
    found: list[Text] = []
    for section, (key, name) in _SECTIONS.items():
        before = {item[key]: item for item in old.raw.get(section, ())}
        after = {item[key]: item for item in new.raw.get(section, ())}
        for identifier in sorted({*before, *after}):
            found.extend(_item(name, identifier, before.get(identifier), after.get(identifier)))
    rest = sorted({*old.raw, *new.raw} - {*_SECTIONS, *_UNSAID})
    for key in rest:
        found.extend(_changes((key,), old.raw.get(key), new.raw.get(key)))
    return [text.say(language) for text in found]


def _item(name: Text, identifier: str, before: Any, after: Any) -> Iterator[Text]:
    title = _title(after if after is not None else before, identifier)
    head = Text(f"{name.zh}“{title.zh}”（{identifier}）", f"{name.en} “{title.en}” ({identifier})")
    if before is None:
        yield Text(f"{head.zh}：新增。", f"{head.en}: added.")
    elif after is None:
        yield Text(f"{head.zh}：取消。", f"{head.en}: left out.")
    else:
        for change in _changes((), before, after):
            yield Text(f"{head.zh}：{change.zh}", f"{head.en}: {change.en}")


def _title(item: Any, identifier: str) -> Text:
    title = item.get("title")
    return Text(title["zh"], title["en"]) if title else Text(identifier, identifier)


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Text]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - _UNSAID):
            yield from _changes((*path, key), before.get(key), after.get(key))
        return
    if before == after:
        return
    place = " · ".join(path)
    if before is None:
        yield Text(f"{place} 新增 {_say(after)}。", f"{place} is now {_say(after)}.")
    elif after is None:
        yield Text(f"{place} 取消（原为 {_say(before)}）。", f"{place} is left out (it was {_say(before)}).")
    else:
        yield Text(
            f"{place} 由 {_say(before)} 改为 {_say(after)}。", f"{place} changes from {_say(before)} to {_say(after)}."
        )


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return plain(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_say(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_say(part) for part in value) + "]"
    return str(value)
