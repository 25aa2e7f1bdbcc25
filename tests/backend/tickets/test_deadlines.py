"""The two clocks: round the clock for the first look, the office's hours and days for the mending."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from backend.tickets.classes import book
from backend.tickets.deadlines import Card, Clocks, Limit, Unit
from points.rules.days import own_calendar

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = book().clocks


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-11-20 09:00", "2wh", "2026-11-20 11:00"),
        ("2026-11-20 11:00", "2wh", "2026-11-20 14:30"),  # over the noon break
        ("2026-11-20 12:30", "4wh", "2026-11-20 17:30"),  # begun in the break
        ("2026-11-20 17:00", "4wh", "2026-11-23 11:30"),  # over a weekend
        ("2026-11-20 23:00", "2wh", "2026-11-23 10:30"),  # after hours
        ("2026-11-20 14:00", "4wh", "2026-11-20 18:00"),  # to the last minute of the day
        ("2026-11-20 09:00", "2wd", "2026-11-24 18:00"),  # the day of the start does not count
        ("2026-11-21 09:00", "1wd", "2026-11-23 18:00"),  # begun on a Saturday
        ("2026-09-30 17:00", "4wh", "2026-10-08 11:30"),  # over the national holiday
        ("2026-09-30 17:00", "5wd", "2026-10-13 18:00"),  # 10 October is a make-up Saturday and counts
        ("2026-02-13 17:30", "4wh", "2026-02-14 12:00"),  # a make-up Saturday has hours
    ],
)
def test_a_limit_runs_only_while_the_office_works(start: str, limit: str, due: str) -> None:
    found = OFFICE.due(local(start), Limit.read(limit), ZONE)
    assert (found.at, found.provisional) == (local(due), False)


def test_a_due_time_is_kept_in_utc() -> None:
    assert OFFICE.due(local("2026-11-20 09:00"), Limit.read("2wh"), ZONE).at.tzinfo is UTC


def test_the_first_look_is_due_in_24_hours_on_holidays_too() -> None:
    assert OFFICE.response_due(local("2026-10-01 08:00")) == local("2026-10-02 08:00")


def test_a_year_without_a_published_calendar_is_counted_by_weekends_and_said_to_be_provisional() -> None:
    found = OFFICE.due(local("2031-09-30 09:00"), Limit.read("2wd"), ZONE)
    assert (found.at, found.provisional) == (local("2031-10-02 18:00"), True)


def test_a_limit_that_runs_into_an_unpublished_year_is_provisional() -> None:
    assert OFFICE.due(local("2030-12-31 09:00"), Limit.read("1wd"), ZONE).provisional is True


def test_a_calendar_that_the_district_entered_is_counted_by_and_is_not_provisional() -> None:
    entered = own_calendar([date(2031, 10, 1), date(2031, 10, 2), date(2031, 10, 3)], [date(2031, 10, 4)], "refuse")
    clocks = Clocks(24, Limit(2, Unit.WORKING_DAYS), OFFICE.hours, entered)
    found = clocks.due(local("2031-09-30 09:00"), Limit.read("1wd"), ZONE)
    assert (found.at, found.provisional) == (local("2031-10-04 18:00"), False)


@pytest.mark.parametrize(
    ("now", "card"),
    [
        ("2026-11-20 17:59", Card.NONE),
        ("2026-11-20 18:00", Card.YELLOW),  # one working day before Monday's end is Friday's end
        ("2026-11-22 12:00", Card.YELLOW),
        ("2026-11-23 18:00", Card.YELLOW),
        ("2026-11-23 18:01", Card.RED),
    ],
)
def test_a_card_turns_yellow_a_working_day_before_and_red_when_it_is_over(now: str, card: Card) -> None:
    assert OFFICE.card(local("2026-11-23 18:00"), local(now), ZONE) == card


def test_a_ticket_without_a_due_time_has_no_card() -> None:
    assert OFFICE.card(None, local("2026-11-20 12:00"), ZONE) == Card.NONE


@pytest.mark.parametrize("text", ["", "4", "wh", "0wh", "4 wh", "-1wd", "1.5wd", "4WH", "4wh\n", "٤wh", "1000wd"])
def test_what_is_no_limit_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match="not a time limit"):
        Limit.read(text)


@pytest.mark.parametrize(
    "hours",
    [
        (),
        ((time(9), time(9)),),
        ((time(13), time(17)), (time(9), time(12))),
        ((time(9), time(13)), (time(12), time(17))),
    ],
)
def test_working_hours_out_of_order_are_not_taken(hours: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="working hours"):
        Clocks(24, Limit(2, Unit.WORKING_DAYS), hours, OFFICE.calendar)
