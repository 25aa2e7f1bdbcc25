"""What a reviewer has verified of a deed beyond its category: only what the rules of its day ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields

from backend.kit.days import local_day
from backend.passbook import packs
from points.errors import Category, kind
from points.events import DeedKind
from points.rules import Pack
from points.rules.asked import attributes_asked

Value = str | int | bool
_MOST, _LONGEST = 10, 60
NOT_ASKED = kind(
    "verified_fact_not_asked",
    Category.INVALID,
    zh="当天的规则不看“{name}：{value}”；可以填：{known}。",
    en="The rules of that day do not look at `{name}: {value}`; they ask for: {known}.",
)


class VerifiedFacts(fields.Dict):
    """Names with text, a whole number, or true and false; at most ten."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Value]:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        if len(value) > _MOST or not all(_is_name(name) and _is_value(each) for name, each in value.items()):
            raise ValidationError("At most ten short names, each with text, a whole number, true or false.")
        return dict(value)


def checked(district: str, sort: DeedKind, category: str, at: datetime, given: Mapping[str, Value]) -> dict[str, Value]:
    """The facts as attributes of a deed of that time; refused as `checked_by` the pack of its day."""
    return checked_by(packs.in_force(district, local_day(at)) if given else None, sort, category, given)


def checked_by(pack: Pack | None, sort: DeedKind, category: str, given: Mapping[str, Value]) -> dict[str, Value]:
    """The facts as attributes of the deed; refused with `verified_fact_not_asked`. While no rules are in force, all."""
    if pack is None:
        return dict(given)
    asked = attributes_asked(pack, sort.value, category)
    for name, value in given.items():
        if not any(type(value) is type(each) and value == each for each in asked.get(name, ())):
            known = "; ".join(f"{each}: {', '.join(sorted(map(str, asked[each])))}" for each in asked)
            raise NOT_ASKED(name=name, value=value, known=known or "-")
    return dict(given)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _LONGEST and name.isprintable()


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= _LONGEST and value.isprintable()
    return isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**9)
