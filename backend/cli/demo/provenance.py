"""Where the numbers of the rules are from: what real tables gave, and what the pack says was constructed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.cli.demo.wording import joined, place_of
from points.rules import Pack
from points.rules.texts import Text


def real_tables(pack: Pack) -> Text:
    """The published tables whose numbers the pack uses as they are."""
    named = [each["source"] for each in pack.raw.get("sources", ()) if "constructed" not in each]
    return joined([place_of(pack, source) for source in named])


def constructed(pack: Pack) -> Text:
    """What was made up: every rule, cap and budget marked so, with its points."""
    marked = [
        part
        for group in ("rules", "caps", "budgets")
        for part in pack.raw.get(group, ())
        if part.get("constructed", False)
    ]
    return joined([_with_points(part) for part in marked])


def is_constructed(pack: Pack, rule: str) -> bool:
    """Whether a rule's own numbers are marked as made up."""
    return any(each.id == rule and each.constructed for each in pack.rules)


def _with_points(part: Mapping[str, Any]) -> Text:
    numbers = [f"{number:,}" for number in _points(part["points"])]
    title = part["title"]
    return Text(f"{title['zh']}（{'、'.join(numbers)} 分）", f"{title['en']} ({', '.join(numbers)} points)")


def _points(shape: Any) -> list[int]:
    """The figures of a cap, or of the kinds of shape that can be marked as made up."""
    if isinstance(shape, int):
        return [shape]
    if "bands" in shape:
        return [step["points"] for step in shape["bands"]["steps"]]
    if "turn" in shape:
        return [shape["turn"]["first"], shape["turn"]["later"]]
    return [number for number in shape.values() if isinstance(number, int)]
