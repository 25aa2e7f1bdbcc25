"""Step: what kind of day a deed was done on, and how long a public notice runs, by the country's holiday table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from points.errors import Category, kind
from points.rules.texts import Text

DAY_KINDS = {
    "workday": Text("工作日", "a working day"),
    "makeup_workday": Text("调休上班日", "a make-up working day"),
    "weekend": Text("双休日", "a weekend"),
    "holiday": Text("法定节假日", "a public holiday"),
}

CALENDAR_UNKNOWN = kind(
    "rules_calendar_unknown",
    Category.UNAVAILABLE,
    zh="还没有 {year} 年的放假安排，请在规则包的 calendar 里补上。",
    en="The holidays of {year} are not known yet; add them to the pack under `calendar`.",
    retry=True,
)

_WEEKEND = 5
_TABLE = frozenset(day.year for day in chinese_calendar.holidays)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The country's table, with days the pack adds for years the table does not have."""

    holidays: frozenset[date] = frozenset()
    makeup_workdays: frozenset[date] = frozenset()
    beyond: str = "refuse"
    """Years neither has: `refuse`, or `weekends` (only Saturday and Sunday are free)."""
    own_years: frozenset[int] = field(default=frozenset())

    def knows(self, year: int) -> bool:
        """Whether the holidays of that year are known or the pack says to do without."""
        return year in _TABLE or year in self.own_years or self.beyond == "weekends"

    def published(self, year: int) -> bool:
        """Whether anybody said which days of that year are holidays."""
        return year in _TABLE or year in self.own_years

    def kind(self, day: date) -> str:
        """One of DAY_KINDS; refused with `rules_calendar_unknown` for a year nobody has published."""
        if day in self.holidays:
            return "holiday"
        if day in self.makeup_workdays:
            return "makeup_workday"
        if day.year in _TABLE and day.year not in self.own_years:
            return _of_the_country(day)
        if not self.knows(day.year):
            raise CALENDAR_UNKNOWN(year=day.year)
        return "weekend" if day.weekday() >= _WEEKEND else "workday"

    def works(self, day: date) -> bool:
        return self.kind(day) in ("workday", "makeup_workday")

    def after_working_days(self, day: date, count: int) -> date:
        """The day after `count` whole working days that follow `day`.

        In years nobody has published Monday to Friday count: a notice that runs into them ends all the same.
        """
        while count > 0:
            day += timedelta(days=1)
            count -= self.works(day) if self.knows(day.year) else day.weekday() < _WEEKEND
        return day + timedelta(days=1)


def own_calendar(holidays: Iterable[date], workdays: Iterable[date], beyond: str) -> Calendar:
    """A calendar from a pack's lists; a year with a day in the list of holidays is wholly the pack's."""
    free = frozenset(holidays)
    return Calendar(free, frozenset(workdays), beyond, frozenset(day.year for day in free))


@lru_cache(maxsize=8192)
def _of_the_country(day: date) -> str:
    weekend = day.weekday() >= _WEEKEND
    if chinese_calendar.is_workday(day):
        return "makeup_workday" if weekend else "workday"
    named = day in chinese_calendar.holidays
    return "holiday" if named or not weekend else "weekend"
