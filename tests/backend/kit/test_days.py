"""The district's days: its own midnight, its holidays and make-up days, and terms counted in working days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from backend.kit.days import end_of_working_day, is_working_day, local_day


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-19T15:59:59", "2026-11-19"),
        ("2026-11-19T16:00:00", "2026-11-20"),
        ("2026-11-20T04:00:00", "2026-11-20"),
    ],
)
def test_a_day_begins_at_the_districts_own_midnight(app: Flask, moment: str, day: str) -> None:
    assert local_day(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-11-20", True),  # a Friday
        ("2026-11-21", False),  # a Saturday
        ("2026-10-01", False),  # the National Day, a Thursday
        ("2026-10-10", True),  # a Saturday worked to make up for it
        ("2026-02-17", False),  # the Spring Festival, a Tuesday
        ("2026-02-28", True),  # a Saturday worked to make up for it
    ],
)
def test_holidays_are_not_worked_and_make_up_days_are(day: str, worked: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(("day", "worked"), [("2027-01-04", True), ("2027-01-09", False), ("2090-06-01", True)])
def test_in_a_year_whose_calendar_is_not_published_monday_to_friday_count(day: str, worked: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2026-11-20T12:00:00", 3, "2026-11-26T00:00:00"),  # over a weekend
        ("2026-11-20T23:59:59", 3, "2026-11-26T00:00:00"),
        ("2026-11-21T00:00:00", 3, "2026-11-26T00:00:00"),  # made on a Saturday
        ("2026-11-23T00:00:00", 1, "2026-11-25T00:00:00"),
        ("2026-09-30T10:00:00", 3, "2026-10-11T00:00:00"),  # over a holiday, with a Saturday made up
        ("2026-12-31T10:00:00", 1, "2027-01-02T00:00:00"),  # into a year without a calendar
    ],
)
def test_a_term_ends_with_its_last_working_day(app: Flask, start: str, number: int, end: str) -> None:
    assert end_of_working_day(at(start), number) == at(end)
