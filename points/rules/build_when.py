"""Step: a rule's `when` to typed conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from points.rules import conditions
from points.rules.bounds import FIRST_YEAR, LAST_YEAR
from points.rules.conditions import Condition
from points.rules.measures import Measure
from points.rules.problems import Findings, Path
from points.rules.texts import Text
from points.rules.windows import Window

_CHOICES = ("kind", "category", "street", "team", "activity", "age_band", "tier", "weekday", "day")
Titles = tuple[tuple[conditions.Value, Text], ...]


class When:
    """The conditions of one `when`, and what they look at."""

    def __init__(
        self,
        value: dict[str, Any],
        name: str,
        findings: Findings,
        path: Path,
        titles: Mapping[str, Titles] = MappingProxyType({}),
    ) -> None:
        self.findings = findings
        self.path = path
        self.measures: list[Measure] = []
        self.asks: set[str] = set()
        found: list[Condition] = []
        for key in _CHOICES:
            if key in value:
                found.append(conditions.choice(key, *_list(value[key]), titles.get(key, ())))
        kinds = listed(value.get("kind"))
        for attribute, wanted in value.get("attributes", {}).items():
            found.append(conditions.attribute(attribute, *_list(wanted), kinds))
        found.extend(self._ranges(value, name))
        self.conditions = tuple(found)
        self.asks |= {"age_band"} & set(value)
        self.asks |= {"consents"} if "consent" in value else set()

    def _ranges(self, value: dict[str, Any], name: str) -> Iterable[Condition]:
        if "quantity" in value:
            yield conditions.quantity(*self._bounds(value["quantity"], "quantity"))
        if "hours_before" in value:
            yield self._hours_before(value["hours_before"], name)
        if "consent" in value:
            yield conditions.Consented(frozenset(listed(value["consent"])))
        if "time" in value:
            low, high = (_minutes(value["time"][end]) for end in ("from", "to"))
            if low == high:
                self.findings.error((*self.path, "time"), "empty_range", "时间段是空的。", "The time range is empty.")
            yield conditions.time_of_day(low, high)
        if "date" in value:
            yield self._dates(value["date"])

    def _bounds(self, value: dict[str, Any], key: str) -> tuple[Decimal | None, Decimal | None]:
        low, high = (None if value.get(end) is None else Decimal(value[end]) for end in ("from", "to"))
        if low is not None and high is not None and low >= high:
            self.findings.error(
                (*self.path, key),
                "empty_range",
                f"`{key}` 的 from 应小于 to。",
                f"`from` must be below `to` in `{key}`.",
            )
        return low, high

    def _hours_before(self, value: dict[str, Any], name: str) -> Condition:
        window = window_of(value["window"])
        measure = Measure(f"{name}.hours_before", "quantity", ("resident",), window, kinds=("service",))
        self.measures.append(measure)
        low, high = self._bounds(value, "hours_before")
        return conditions.done_before(low, high, window, measure.key)

    def _dates(self, value: dict[str, Any]) -> Condition:
        first = date_of(value.get("from"), self.findings, (*self.path, "date", "from"))
        last = date_of(value.get("to"), self.findings, (*self.path, "date", "to"))
        if first and last and first > last:
            self.findings.error((*self.path, "date"), "empty_range", "日期范围是空的。", "The range of dates is empty.")
        words = Text(
            f"日期在 {first or '……'} 至 {last or '……'} 之间", f"the date is from {first or '...'} to {last or '...'}"
        )
        return conditions.dates(first, last + timedelta(days=1) if last else None, words)


def _list(value: Any) -> tuple[list[Any], bool]:
    negated = isinstance(value, dict)
    values = value["not"] if isinstance(value, dict) else value
    return (values if isinstance(values, list) else [values]), negated


def listed(value: Any) -> tuple[str, ...]:
    """A word or a list of words as a tuple."""
    return () if value is None else tuple(value) if isinstance(value, list) else (value,)


def window_of(value: Any) -> Window:
    return Window(days=value["days"]) if isinstance(value, dict) else Window(value)


def date_of(value: Any, findings: Findings, path: Path) -> date | None:
    """A date, or None when there is none; a problem when the calendar has no such day."""
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        findings.error(path, "no_such_date", f"没有这一天：{value}。", f"There is no such day: {value}.")
        return None
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    zh, en = f"{value} 不在 2000 年至 2100 年之间。", f"{value} is not within the years 2000 to 2100."
    findings.error(path, "year_out_of_range", zh, en)
    return None


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
