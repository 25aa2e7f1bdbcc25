"""The two clocks of a ticket: first response round the clock, mending in working hours or working days."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from points.rules.days import Calendar

_LIMIT = re.compile(r"([1-9][0-9]{0,2})(wh|wd)")
_LONGEST_SEARCH_DAYS = 3660


class Unit(StrEnum):
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take: so many working hours or working days."""

    amount: int
    unit: Unit

    @classmethod
    def read(cls, text: str) -> Limit:
        """From `4wh` or `5wd`; raises ValueError for anything else."""
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise ValueError(f"not a time limit: {text}")
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due. `provisional`: it touches a year whose holidays are not published yet, and was counted
    with Saturdays and Sundays alone."""

    at: datetime
    provisional: bool = False


class Card(StrEnum):
    """What a dispatcher sees at a glance; about a ticket, never about a person."""

    NONE = "none"
    YELLOW = "yellow"  # due within a working day
    RED = "red"  # over


@dataclass(frozen=True, slots=True)
class Clocks:
    """The district's hours and calendar, with which every due time is counted."""

    first_response_hours: int
    return_limit: Limit
    hours: tuple[tuple[time, time], ...]
    """When the office works, in order: `(opens, closes)` in local time."""
    calendar: Calendar

    def __post_init__(self) -> None:
        edges = [edge for span in self.hours for edge in span]
        if not edges or any(a >= b for a, b in itertools.pairwise(edges)):
            raise ValueError("working hours must be in order and not overlap")

    def response_due(self, reported_at: datetime) -> datetime:
        """By when somebody must have looked; holidays do not stop this clock."""
        return reported_at + timedelta(hours=self.first_response_hours)

    def due(self, start: datetime, limit: Limit, zone: ZoneInfo) -> Deadline:
        """When a limit that starts now is over. Hours run only while the office works; days end with its last hour, and
        the day of the start does not count."""
        counting = self._hours_after if limit.unit is Unit.WORKING_HOURS else self._days_after
        return counting(start.astimezone(zone), limit.amount)

    def card(self, due_at: datetime | None, now: datetime, zone: ZoneInfo) -> Card:
        """Yellow from one working day before the due time, red when it is over."""
        if due_at is None:
            return Card.NONE
        if now > due_at:
            return Card.RED
        eve = self._working_day_before(due_at.astimezone(zone))
        return Card.YELLOW if now >= eve else Card.NONE

    def _hours_after(self, start: datetime, hours: int) -> Deadline:
        left, provisional = timedelta(hours=hours), False
        for day in _days_from(start.date()):
            works, known = self._works(day)
            provisional = provisional or not known
            for opens, closes in self.hours if works else ():
                begin = max(start, datetime.combine(day, opens, start.tzinfo))
                span = datetime.combine(day, closes, start.tzinfo) - begin
                if span >= left:
                    return Deadline((begin + left).astimezone(UTC), provisional)
                left -= max(span, timedelta(0))
        raise AssertionError("a calendar without working days")

    def _days_after(self, start: datetime, days: int) -> Deadline:
        left, provisional = days, False
        for day in _days_from(start.date() + timedelta(days=1)):
            works, known = self._works(day)
            provisional = provisional or not known
            left -= works
            if left == 0:
                return Deadline(datetime.combine(day, self.hours[-1][1], start.tzinfo).astimezone(UTC), provisional)
        raise AssertionError("a calendar without working days")

    def _working_day_before(self, due: datetime) -> datetime:
        for back in range(1, _LONGEST_SEARCH_DAYS):
            day = due.date() - timedelta(days=back)
            if self._works(day)[0]:
                return datetime.combine(day, due.timetz())
        raise AssertionError("a calendar without working days")

    def _works(self, day: date) -> tuple[bool, bool]:
        """Whether the office works that day, and whether that is known or a guess by the day of the week."""
        if self.calendar.knows(day.year):
            return self.calendar.works(day), True
        return day.weekday() < 5, False


def _days_from(first: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(_LONGEST_SEARCH_DAYS))
