"""Local windows, kinds of days, redemption days and star grades."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.errors import Refused
from points.rules.days import Calendar, own_calendar
from points.rules.expiry import Notice
from points.rules.facts import Facts, age_band
from points.rules.windows import NAMES, Window, add_months, label, span
from tests.points.rules.packs import NOW, pack, text

ZONE = ZoneInfo("Asia/Shanghai")


@given(st.sampled_from(NAMES[:-1]), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_window_holds_its_day_and_all_its_days_share_one_label(name, day):
    first, after = span(name, day)
    assert first <= day < after
    last = after - timedelta(days=1)
    assert label(name, first) == label(name, day) == label(name, last) != label(name, after)
    assert span(name, last) == (first, after)


def test_a_lifetime_has_no_ends():
    assert span("lifetime", date(2026, 1, 1)) is None
    assert Window("lifetime").bounds(NOW, ZONE) == (None, None)


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2026, 1, 31), "2025-winter"),
        (date(2026, 2, 28), "2025-winter"),
        (date(2026, 3, 1), "2026-spring"),
        (date(2026, 8, 31), "2026-summer"),
        (date(2026, 11, 30), "2026-autumn"),
        (date(2026, 12, 1), "2026-winter"),
    ],
)
def test_a_winter_belongs_to_the_year_it_began_in(day, season):
    assert label("season", day) == season


def test_a_week_belongs_to_its_iso_year():
    assert label("week", date(2027, 1, 1)) == "2026-W53"


def test_a_window_begins_at_local_midnight():
    since, until = Window("day").bounds(datetime(2026, 6, 9, 16, tzinfo=UTC), ZONE)
    assert since == datetime(2026, 6, 10, tzinfo=ZONE)
    assert until == datetime(2026, 6, 11, tzinfo=ZONE)


def test_a_window_of_days_reaches_to_both_sides_of_the_deed():
    assert Window(days=7).bounds(NOW, ZONE) == (NOW - timedelta(days=7), NOW + timedelta(days=7))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 10, 31), 14, date(2027, 12, 31)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_last_of_the_month(day, months, later):
    assert add_months(day, months) == later


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 6, 10), "workday"),
        (date(2026, 6, 14), "weekend"),
        (date(2026, 10, 1), "holiday"),
        (date(2026, 10, 3), "holiday"),
        (date(2026, 10, 10), "makeup_workday"),
    ],
)
def test_the_kind_of_a_day_follows_the_countrys_table(day, kind):
    assert Calendar().kind(day) == kind


def test_a_year_nobody_has_published_is_refused_or_has_weekends_only():
    with pytest.raises(Refused) as refused:
        Calendar().kind(date(2040, 1, 2))
    assert refused.value.code == "rules_calendar_unknown"
    assert refused.value.kind.retry
    assert Calendar(beyond="weekends").kind(date(2040, 1, 2)) == "workday"
    assert Calendar(beyond="weekends").kind(date(2040, 1, 7)) == "weekend"


def test_a_notice_ends_in_a_year_nobody_has_published_by_weekends_alone():
    three = Notice(3, working=True)
    assert three.ends(date(2040, 1, 5), Calendar()) == date(2040, 1, 11)  # a Thursday: Friday, Monday and Tuesday
    assert three.unpublished(date(2039, 12, 29), Calendar(beyond="weekends")) is None
    assert three.unpublished(date(2040, 1, 5), Calendar()) == 2040
    assert Notice(3, working=False).unpublished(date(2040, 1, 5), Calendar()) is None
    assert three.unpublished(date(2026, 6, 10), Calendar()) is None


def test_a_packs_own_days_make_a_year_known():
    calendar = own_calendar([date(2040, 1, 2)], [date(2040, 1, 7)], "refuse")
    assert calendar.kind(date(2040, 1, 2)) == "holiday"
    assert calendar.kind(date(2040, 1, 7)) == "makeup_workday"
    assert calendar.kind(date(2040, 1, 3)) == "workday"
    assert not calendar.knows(2041)


def test_working_days_of_a_notice_skip_holidays_and_count_make_up_days():
    assert Calendar().after_working_days(date(2026, 9, 28), 5) == date(2026, 10, 11)


@pytest.mark.parametrize(
    ("years", "band"), [(13, "under_14"), (14, "14_17"), (17, "14_17"), (18, "18_59"), (59, "18_59"), (60, "60_up")]
)
def test_an_age_is_kept_as_a_band(years, band):
    assert age_band(years) == band


def test_facts_check_themselves():
    with pytest.raises(ValueError, match="aware"):
        Facts(datetime(2026, 1, 1))  # noqa: DTZ001 - this is what is refused
    with pytest.raises(ValueError, match="age band"):
        Facts(NOW, age_band="old")


def redeeming(**parts):
    return pack(redemption=parts).redemption


@pytest.mark.parametrize(
    ("opening", "day", "opens"),
    [
        ({"of": "month", "which": "last", "weekday": "fri"}, date(2026, 6, 26), True),
        ({"of": "month", "which": "last", "weekday": "fri"}, date(2026, 6, 19), False),
        ({"of": "month", "which": "last", "weekday": "fri"}, date(2026, 6, 27), False),
        ({"of": "month", "which": "first", "weekday": "mon"}, date(2026, 6, 1), True),
        ({"of": "month", "which": "first", "weekday": "mon"}, date(2026, 6, 8), False),
        ({"of": "quarter", "which": "last", "days": 7}, date(2026, 6, 24), True),
        ({"of": "quarter", "which": "last", "days": 7}, date(2026, 6, 23), False),
        ({"of": "month", "which": "first", "days": 2}, date(2026, 6, 2), True),
        ({"of": "month", "which": "first", "days": 2}, date(2026, 6, 3), False),
    ],
)
def test_redemption_opens_on_the_days_the_rules_say(opening, day, opens):
    redemption = redeeming(open=[opening])
    assert redemption.is_open(day) is opens
    if not opens:
        with pytest.raises(Refused) as refused:
            redemption.check(day, 100, {})
        assert refused.value.code == "rules_redemption_closed"
        assert redemption.is_open(redemption.next_open(day))


def test_redemption_needs_its_least_points_and_keeps_its_limits():
    redemption = redeeming(least_points=10, limits=[{"times": 1, "window": "quarter"}], points_per_yuan=10)
    redemption.check(date(2026, 6, 1), 10, {})
    for balance, times, code in ((9, {}, "too_few_points"), (10, {"quarter": 1}, "too_often")):
        with pytest.raises(Refused) as refused:
            redemption.check(date(2026, 6, 1), balance, times)
        assert refused.value.code == f"rules_redemption_{code}"


def test_a_limit_that_is_used_up_says_when_redemption_opens_again():
    redemption = redeeming(
        open=[{"of": "month", "which": "last", "weekday": "fri"}],
        limits=[{"times": 1, "window": "quarter"}, {"times": 3, "window": "lifetime"}],
    )
    with pytest.raises(Refused) as refused:
        redemption.check_times(date(2026, 5, 29), {"quarter": 1, "lifetime": 1})
    assert (refused.value.code, refused.value.details["next"]) == ("rules_redemption_too_often", date(2026, 7, 31))
    assert "2026-07-31" in refused.value.sentence("zh-CN")
    with pytest.raises(Refused) as refused:
        redemption.check_times(date(2026, 5, 29), {"quarter": 0, "lifetime": 3})
    assert refused.value.code == "rules_redemption_no_more"
    assert redeeming(points_per_yuan=10).is_free
    assert not redemption.is_free


def test_star_grades_are_reached_by_hours_and_granted_after_the_notice():
    stars = pack(stars={"hours": [100, 300, 600], "notice": {"working_days": 5}}).stars
    assert [stars.grade(Decimal(hours)) for hours in ("0", "99.5", "100", "300", "5000")] == [0, 0, 1, 2, 3]
    assert (stars.next_at(Decimal(100)), stars.next_at(Decimal(600))) == (Decimal(300), None)
    assert stars.granted_on(date(2026, 9, 28), Calendar()) == date(2026, 10, 11)


def test_a_pack_without_redemption_or_stars_says_nothing_of_them():
    assert (pack().redemption, pack().stars, pack().title.zh) == (None, None, text("made up")["zh"])
