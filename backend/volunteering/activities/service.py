"""A leader plans an activity with its shifts; everybody signed in can see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.days import local_day
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.passbook.subjects import subject
from backend.volunteering import check_in_points as spots
from backend.volunteering.activities import codes
from backend.volunteering.activities.models import Activity, Shift
from backend.volunteering.teams.models import Station
from backend.volunteering.teams.service import led_team, station_of
from points.errors import Category, kind

SHIFT_TIMES_WRONG = kind(
    "shift_times_wrong",
    Category.INVALID,
    zh="班次的结束时间必须晚于开始时间。",
    en="A shift must end after it begins.",
)
SHIFT_ACROSS_MIDNIGHT = kind(
    "shift_across_midnight",
    Category.INVALID,
    zh="班次不能跨越零点；请按天分成两个班次。",
    en="A shift cannot go across midnight; make one for each day.",
)
SHIFT_OVER = kind("shift_over", Category.CONFLICT, zh="这个班次已经结束。", en="This shift is over.")
CHECK_IN_POINTS_NEEDED = kind(
    "check_in_points_needed",
    Category.INVALID,
    zh="每个班次都要有签到点，或者选择有签到点的站点。",
    en="Each shift needs check-in points, of its own or of a station.",
)


@dataclass(frozen=True)
class Planned:
    """An activity with its shifts, earliest first."""

    activity: Activity
    shifts: list[Shift]


def plan(caller: Caller, team: str, station: str | None, shifts: list[dict[str, Any]], **about: Any) -> Planned:
    """Plan an activity of a team the caller leads, or 404.

    `about` is title, category, description, risks and min_age. Refused with `station_unknown`, `shift_times_wrong`,
    `shift_across_midnight`, `shift_over`, `check_in_points_needed`.
    """
    with transaction() as session:
        led_team(caller, team)
        place = station_of(caller.district, station) if station else None
        activity = Activity(
            district=caller.district,
            id=fresh_id(),
            team=team,
            station=station,
            starts_at=min(shift["starts_at"] for shift in shifts),
            ends_at=max(shift["ends_at"] for shift in shifts),
            created_at=now(),
            **about,
        )
        session.add(activity)
        session.flush()
        planned = [_shift(activity, place, **shift) for shift in shifts]
        session.add_all(planned)
        audit.record(caller.district, caller.name, "activity.planned", f"activity:{activity.id}", team=f"team:{team}")
    return Planned(activity, sorted(planned, key=lambda shift: shift.starts_at))


def activities(caller: Caller, cursor: str | None, limit: int, team: str | None) -> Page:
    """The activities of the district, or of one team."""
    query = rows(Activity, caller.district)
    if team is not None:
        query = query.where(Activity.team == team)
    return page_of(query, Activity, cursor, limit)


@subject("activity")
def activity_names(district: str, activities: Collection[str]) -> dict[str, str]:
    """What those of these activities that the district has are called, by id."""
    found = db.session.scalars(rows(Activity, district).where(Activity.id.in_(activities)))
    return {activity.id: activity.title for activity in found}


def planned(caller: Caller, activity: str) -> Planned:
    """One activity with its shifts; 404 when there is none."""
    found = find(Activity, caller.district, activity)
    query = rows(Shift, caller.district).where(Shift.activity == activity).order_by(Shift.starts_at, Shift.id)
    return Planned(found, list(db.session.scalars(query)))


def led_shift(caller: Caller, shift: str) -> Shift:
    """A shift, to the leader of its team only; for everybody else it is not there."""
    found = find(Shift, caller.district, shift)
    led_team(caller, find(Activity, caller.district, found.activity).team)
    return found


def held_shift(district: str, activity: str, shift: str) -> Shift:
    """A shift of this activity, held until the commit; 404 when it is another's."""
    found = find(Shift, district, shift, lock=True)
    if found.activity != activity:
        raise NOT_FOUND()
    return found


def code_now(caller: Caller, shift: str) -> codes.Shown:
    """What is shown at the place at this moment, to the leader of the team."""
    return codes.shown(secret_of(led_shift(caller, shift)), now())


def secret_of(shift: Shift) -> str:
    """The secret of a shift's rotating code; it never leaves the service."""
    return cipher().open(_place(shift.id), shift.code_sealed)


def _shift(
    activity: Activity,
    station: Station | None,
    *,
    starts_at: datetime,
    ends_at: datetime,
    places: int,
    check_in_points: list[dict[str, Any]],
) -> Shift:
    _check_times(starts_at, ends_at)
    points = spots.stored(check_in_points) or (station.check_in_points if station else [])
    if not points:
        raise CHECK_IN_POINTS_NEEDED()
    identifier = fresh_id()
    return Shift(
        district=activity.district,
        id=identifier,
        activity=activity.id,
        starts_at=starts_at,
        ends_at=ends_at,
        places=places,
        taken=0,
        check_in_points=points,
        code_sealed=cipher().seal(_place(identifier), codes.new_secret()),
    )


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise SHIFT_TIMES_WRONG()
    if local_day(starts_at) != local_day(ends_at - timedelta(microseconds=1)):  # ending at midnight is within the day
        raise SHIFT_ACROSS_MIDNIGHT()
    if ends_at <= now():
        raise SHIFT_OVER()


def _place(shift: str) -> str:
    return f"shift:{shift}:code"
