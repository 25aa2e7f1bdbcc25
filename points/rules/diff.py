"""Beside the decisions: what changes from one pack to the next, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from points.rules.conditions import NO_NAMES, Names
from points.rules.pack import Pack, Rule
from points.rules.said import contents, path_of, value_of
from points.rules.texts import Text

_SECTIONS = {
    "rules": ("rule", Text("规则", "Rule")),
    "caps": ("cap", Text("上限", "Cap")),
    "budgets": ("budget", Text("预算", "Budget")),
    "coefficients": ("coefficient", Text("系数", "Coefficient")),
    "tiers": ("tier", Text("等级", "Tier")),
    "sources": ("source", Text("依据", "Source")),
}
_UNSAID = frozenset({"format", "note"})


def differences(old: Pack, new: Pack, language: str = "zh-CN", names: Names = NO_NAMES) -> list[str]:
    """A sentence for each thing that is added, left out or changed; nothing for mere order or writing.

    Given what streets, teams and activities are called, they are called so.
    """
    found: list[Text] = []
    for section, (key, name) in _SECTIONS.items():
        before = {item[key]: item for item in old.raw.get(section, ())}
        after = {item[key]: item for item in new.raw.get(section, ())}
        for identifier in sorted({*before, *after}):
            rule = new.rule(identifier) if section == "rules" else None
            found.extend(_item(name, identifier, (before.get(identifier), after.get(identifier)), rule, names))
    rest = sorted({*old.raw, *new.raw} - {*_SECTIONS, *_UNSAID})
    for key in rest:
        found.extend(_changes((key,), old.raw.get(key), new.raw.get(key), names))
    return [text.say(language) for text in found]


def _item(name: Text, identifier: str, items: tuple[Any, Any], rule: Rule | None, names: Names) -> Iterator[Text]:
    before, after = items
    title = _title(after if after is not None else before, identifier)
    head = Text(f"{name.zh}“{title.zh}”（{identifier}）", f"{name.en} “{title.en}” ({identifier})")
    if before is None:
        said = contents(after, rule, names)
        yield Text(f"{head.zh}：新增：{said.zh}。", f"{head.en}: added: {said.en}.")
    elif after is None:
        yield Text(f"{head.zh}：取消。", f"{head.en}: left out.")
    else:
        for change in _changes((), before, after, names):
            yield Text(f"{head.zh}：{change.zh}", f"{head.en}: {change.en}")


def _title(item: Any, identifier: str) -> Text:
    title = item.get("title")
    return Text(title["zh"], title["en"]) if title else Text(identifier, identifier)


def _changes(path: tuple[str, ...], before: Any, after: Any, names: Names) -> Iterator[Text]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - _UNSAID):
            yield from _changes((*path, key), before.get(key), after.get(key), names)
        return
    if before == after:
        return
    place = path_of(path)
    old, new = value_of(before, path, names), value_of(after, path, names)
    if before is None:
        yield Text(f"{place.zh} 新增 {new.zh}。", f"{place.en} is now {new.en}.")
    elif after is None:
        yield Text(f"{place.zh} 取消（原为 {old.zh}）。", f"{place.en} is left out (it was {old.en}).")
    else:
        yield Text(f"{place.zh} 由 {old.zh} 改为 {new.zh}。", f"{place.en} changes from {old.en} to {new.en}.")
