"""Step: which stretch of local time a deed falls into, for caps, tallies and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from points.rules.texts import Text

NAMES = ("day", "week", "month", "quarter", "season", "year", "lifetime")
"""From the shortest to the longest; a season is three months, spring beginning in March."""

TITLES = {
    "day": Text("每日", "each day"),
    "week": Text("每周", "each week"),
    "month": Text("每月", "each month"),
    "quarter": Text("每季度", "each quarter"),
    "season": Text("每季（春夏秋冬）", "each season"),
    "year": Text("每年", "each year"),
    "lifetime": Text("累计", "in all"),
}
_SEASONS = ("winter", "spring", "summer", "autumn")


@lru_cache(maxsize=16384)
def label(name: str, day: date) -> str:
    """The window of that day, as it is written in a cap's key: `2026-11-22`, `2026-W47`, `2026-11`, `2026-Q4`."""
    return _LABELS[name](day)


@lru_cache(maxsize=16384)
def span(name: str, day: date) -> tuple[date, date] | None:
    """First day of the window and the day after its last; None for `lifetime`."""
    first = first_day(name, day)
    return None if first is None else (first, _NEXT[name](first))


def first_day(name: str, day: date) -> date | None:
    """The first day of the window that holds `day`."""
    if name == "week":
        return day - timedelta(days=day.weekday())
    if name == "season":
        return month_first(day.year, day.month - day.month % 3)
    months = {"month": 1, "quarter": 3, "year": 12}.get(name)
    if months is not None:
        return date(day.year, (day.month - 1) // months * months + 1, 1)
    return day if name == "day" else None


def month_first(year: int, month: int) -> date:
    """The first of a month counted on past the ends of the year (month 0 is last year's December)."""
    years, index = divmod(month - 1, 12)
    return date(year + years, index + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month when it has no such day."""
    first = month_first(day.year, day.month + months)
    last = month_first(first.year, first.month + 1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment that local day begins."""
    return datetime.combine(day, time(), zone)


def _season(day: date) -> str:
    first = month_first(day.year, day.month - day.month % 3)
    return f"{first.year}-{_SEASONS[day.month % 12 // 3]}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


_LABELS: dict[str, Callable[[date], str]] = {
    "day": lambda day: day.isoformat(),
    "week": _week,
    "month": lambda day: f"{day.year}-{day.month:02d}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "season": _season,
    "year": lambda day: str(day.year),
    "lifetime": lambda day: "ever",
}
_NEXT: dict[str, Callable[[date], date]] = {
    "day": lambda first: first + timedelta(days=1),
    "week": lambda first: first + timedelta(days=7),
    "month": lambda first: add_months(first, 1),
    "quarter": lambda first: add_months(first, 3),
    "season": lambda first: add_months(first, 3),
    "year": lambda first: add_months(first, 12),
}


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar window by name, or `days` to either side of the deed: whichever is decided first does not matter."""

    name: str = "lifetime"
    days: int | None = None

    def bounds(self, at: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """From (included) and to (excluded); None where there is no end."""
        if self.days is not None:
            return at - timedelta(days=self.days), at + timedelta(days=self.days)
        days = span(self.name, at.astimezone(zone).date())
        return (None, None) if days is None else (midnight(days[0], zone), midnight(days[1], zone))

    def title(self) -> Text:
        if self.days is not None:
            return Text(f"{self.days} 天内", f"within {self.days} days")
        return TITLES[self.name]
