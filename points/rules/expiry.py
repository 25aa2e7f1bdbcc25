"""Step: when points open and when they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from points.rules.days import Calendar
from points.rules.texts import Text
from points.rules.windows import TITLES, Window, add_months, midnight, span


@dataclass(frozen=True, slots=True)
class Notice:
    """A public notice before the points open: whole working days or days after the day of the decision."""

    days: int
    working: bool

    def ends(self, decided: date, calendar: Calendar) -> date:
        """The first day on which the points are open."""
        return calendar.after_working_days(decided, self.days) if self.working else decided + timedelta(self.days + 1)

    def unpublished(self, decided: date, calendar: Calendar) -> int | None:
        """The first year the notice runs into whose holidays nobody knew: there Monday to Friday counted."""
        if not self.working:
            return None
        last = self.ends(decided, calendar) - timedelta(days=1)
        return next((year for year in range(decided.year, last.year + 1) if not calendar.knows(year)), None)

    def title(self) -> Text:
        return Text(
            f"公示 {self.days} 个{'工作日' if self.working else '自然日'}",
            f"public notice of {self.days} {'working days' if self.working else 'days'}",
        )


@dataclass(frozen=True, slots=True)
class Expiry:
    """Points end after so many months or days, or with a calendar window (and `later` more of them).

    It counts from the day the points open; from the deed's day where a table says so, but never before the end of the
    day on which they open, so that a late review leaves something to spend.
    """

    months: int | None = None
    days: int | None = None
    end: str | None = None
    later: int = 0
    from_deed: bool = False

    def at(self, deed: date, opened: date, zone: ZoneInfo) -> datetime:
        """The local midnight after the last day of validity."""
        return max(self._end(deed if self.from_deed else opened, zone), midnight(opened + timedelta(days=1), zone))

    def _end(self, start: date, zone: ZoneInfo) -> datetime:
        if self.months is not None:
            return midnight(add_months(start, self.months) + timedelta(days=1), zone)
        if self.days is not None:
            return midnight(start + timedelta(days=self.days + 1), zone)
        day = start
        for _ in range(self.later + 1):
            bounds = span(self.end or "year", day)
            assert bounds is not None  # noqa: S101 - the schema lets no lifetime through
            day = bounds[1]
        return midnight(day, zone)

    def title(self) -> Text:
        if self.months is not None:
            return Text(f"{self.months} 个月内有效", f"valid for {self.months} months")
        if self.days is not None:
            return Text(f"{self.days} 天内有效", f"valid for {self.days} days")
        name = Window(self.end or "year").name
        zh = {"day": "当日", "week": "本周", "month": "本月", "quarter": "本季度", "season": "本季", "year": "本年"}[
            name
        ]
        after = f"之后第 {self.later} 期" if self.later else ""
        en = TITLES[name].en.removeprefix("each ")
        return Text(f"{zh}{after}末到期", f"ends with the {en}" + (f", {self.later} later" if self.later else ""))
