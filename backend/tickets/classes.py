"""Before any ticket: the classes, their time limits and the units, read once from `config/tickets.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from backend.settings import CONFIG
from backend.tickets.deadlines import Clocks, Limit, Unit
from points.errors import Category, kind
from points.rules.days import own_calendar

CATEGORY_UNKNOWN = kind(
    "ticket_category_unknown",
    Category.INVALID,
    zh="没有“{category}”这一类问题。",
    en="There is no class of ticket called “{category}”.",
)
UNIT_UNKNOWN = kind(
    "ticket_unit_unknown",
    Category.INVALID,
    zh="没有代码为“{unit}”的处置单位。",
    en="There is no unit with the code “{unit}”.",
)
OTHER = "其他"


@dataclass(frozen=True, slots=True)
class TicketClass:
    """What can be reported. `name` is the town's word and the rules' category; `code` names it in GeoReport."""

    name: str
    en: str
    code: str
    kind: str
    """`event` or `component`."""
    big_class: str
    limit: Limit
    basis: str
    """`published` or `chosen`."""


@dataclass(frozen=True, slots=True)
class MendingUnit:
    """Who can be sent: its code and its two names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Book:
    """The whole of the file, checked."""

    classes: tuple[TicketClass, ...]
    units: tuple[MendingUnit, ...]
    clocks: Clocks
    reopen_days: int
    per_day: int
    duplicate_metres: float
    duplicate_days: int
    foreign: tuple[tuple[re.Pattern[str], str], ...]
    default_positions: dict[str, frozenset[tuple[float, float]]]

    def class_named(self, name: str) -> TicketClass:
        """The class with a name; refused with `ticket_category_unknown`."""
        found = next((c for c in self.classes if c.name == name), None)
        if found is None:
            raise CATEGORY_UNKNOWN(category=name)
        return found

    def class_coded(self, code: str) -> TicketClass | None:
        return next((c for c in self.classes if c.code == code), None)

    def unit(self, code: str) -> MendingUnit:
        """The unit with a code; refused with `ticket_unit_unknown`."""
        found = next((u for u in self.units if u.code == code), None)
        if found is None:
            raise UNIT_UNKNOWN(unit=code)
        return found

    def class_of_foreign(self, category: str, subcategory: str) -> str:
        """Our name for another city's category; `其他` when nothing fits."""
        if any(c.name == category for c in self.classes):
            return category
        words = f"{category} / {subcategory}".lower()
        return next((name for pattern, name in self.foreign if pattern.search(words)), OTHER)


@cache
def book() -> Book:
    """The file in `config/`; a fault in it stops whoever starts with it."""
    return read((CONFIG / "tickets.yaml").read_text(encoding="utf-8"))


def read(text: str) -> Book:
    """Read and check; raises ValueError that names what is wrong."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    classes = tuple(TicketClass(**line | {"limit": Limit.read(line["limit"])}) for line in raw["classes"])
    units = tuple(MendingUnit(line["code"], line["name"]["zh"], line["name"]["en"]) for line in raw["units"])
    foreign = tuple(
        (re.compile("|".join(rf"\b{re.escape(word)}" for word in line["words"])), line["class"])
        for line in raw["imported"]["categories"]
    )
    names = {c.name for c in classes}
    _once(c.name for c in classes)
    _once(c.code for c in classes)
    _once(u.code for u in units)
    if missing := {OTHER, *(name for _, name in foreign)} - names:
        raise ValueError(f"classes that are named but not there: {sorted(missing)}")
    return Book(
        classes=classes,
        units=units,
        clocks=_clocks(raw),
        reopen_days=raw["clocks"]["reopen_days"],
        per_day=raw["clocks"]["per_day"],
        duplicate_metres=float(raw["duplicates"]["metres"]),
        duplicate_days=raw["duplicates"]["days"],
        foreign=foreign,
        default_positions={
            source: frozenset((float(lat), float(lon)) for lat, lon in places)
            for source, places in raw["imported"]["default_positions"].items()
        },
    )


def _clocks(raw: dict[str, Any]) -> Clocks:
    spans = [span.split("-") for span in raw["clocks"]["working_hours"]]
    calendar = raw["calendar"]
    return Clocks(
        first_response_hours=raw["clocks"]["first_response_hours"],
        return_limit=Limit(raw["clocks"]["return_working_days"], Unit.WORKING_DAYS),
        hours=tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans),
        calendar=own_calendar(_days(calendar["holidays"]), _days(calendar["makeup_workdays"]), "refuse"),
    )


def _days(values: list[Any]) -> list[date]:
    return [value if isinstance(value, date) else date.fromisoformat(value) for value in values]


def _once(words: Any) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ValueError(f"{word} stands there twice")
        seen.add(word)
