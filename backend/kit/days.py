"""The district's days: which day it is there, which days are worked, and when a term of working days ends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
import structlog
from chinese_calendar.constants import holidays as _published
from flask import current_app

_WEEKEND = 5
_LAST_KNOWN_YEAR: int = max(_published).year


def zone() -> ZoneInfo:
    """The district's time zone."""
    return ZoneInfo(current_app.extensions["civic_settings"].service.timezone)


def local_day(at: datetime) -> date:
    """The day of a time where the district is."""
    return at.astimezone(zone()).date()


def is_working_day(day: date) -> bool:
    """Whether offices work: by the State Council's calendar, with its holidays and make-up days.

    That calendar is published late in the year before. For a year it does not hold yet, Monday to Friday count, which
    can be off by the holidays; it is logged once for each year.
    """
    if day.year > _LAST_KNOWN_YEAR:
        _say_unknown(day.year)
        return day.weekday() < _WEEKEND
    return bool(chinese_calendar.is_workday(day))


def end_of_working_day(start: datetime, number: int) -> datetime:
    """The midnight that ends the `number`-th working day after the day of `start`."""
    day, left = local_day(start), number
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return datetime.combine(day + timedelta(days=1), time(), zone())


@cache
def _say_unknown(year: int) -> None:
    structlog.get_logger().warning("calendar_unknown", year=year, counted="Monday to Friday")
