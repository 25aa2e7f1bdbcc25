"""Hours are confirmed by the leader, and by the staff too where there is a doubt; what is confirmed earns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.passbook import earn
from backend.residents.models import Resident
from backend.residents.service import masked_name
from backend.staff.service import is_same_person
from backend.volunteering.activities.models import Activity, Shift
from backend.volunteering.activities.service import led_shift
from backend.volunteering.attendance import scans
from backend.volunteering.attendance.models import Attendance, Scan
from backend.volunteering.attendance.service import check_no_overlap, counted, locked
from backend.volunteering.attendance.states import ATTENDANCES, AttendanceState
from backend.volunteering.teams.models import Team
from points.errors import Category, kind
from points.events import DeedApproved, DeedKind

OWN_HOURS = kind(
    "own_hours", Category.FORBIDDEN, zh="不能确认自己的服务时间。", en="Nobody confirms hours of their own."
)
ANOTHER_PERSON_NEEDED = kind(
    "another_person_needed",
    Category.FORBIDDEN,
    zh="须由另一人复核。",
    en="Another person than the first must confirm this.",
)
BREAKS_TOO_LONG = kind(
    "breaks_too_long",
    Category.INVALID,
    zh="扣除休息后服务时间不足 1 分钟。",
    en="With breaks taken off, less than one minute is left.",
)
CORRECTION_OUTSIDE_SHIFT = kind(
    "correction_outside_shift",
    Category.INVALID,
    zh="更正的签退时间必须在签到之后、班次结束之前。",
    en="A corrected check-out lies after the check-in and within the shift.",
)


@dataclass(frozen=True)
class Seen:
    """An attendance as those see it who confirm it: with a masked name and its scans."""

    attendance: Attendance
    name: str
    scans: list[Scan]

    @property
    def id(self) -> str:
        return self.attendance.id


def of_shift(caller: Caller, shift: str, cursor: str | None, limit: int) -> Page:
    """Who was at a shift, to the leader of its team."""
    led_shift(caller, shift)
    return _seen(page_of(rows(Attendance, caller.district).where(Attendance.shift == shift), Attendance, cursor, limit))


def awaiting_second(caller: Caller, cursor: str | None, limit: int) -> Page:
    """What waits for the staff: doubts the leader has agreed to, corrections, and leaders' own hours."""
    leaders_own = and_(Attendance.state == AttendanceState.DONE, Attendance.resident == Team.leader)
    query = (
        rows(Attendance, caller.district)
        .join(Activity, and_(Activity.district == Attendance.district, Activity.id == Attendance.activity))
        .join(Team, and_(Team.district == Activity.district, Team.id == Activity.team))
        .where(or_(Attendance.state == AttendanceState.SECOND_NEEDED, leaders_own))
    )
    return _seen(page_of(query, Attendance, cursor, limit))


def confirm(caller: Caller, shift: str, attendance: str, break_minutes: int) -> Attendance:
    """The leader agrees, breaks taken off. Without a doubt the hours count at once; else a second person is asked.

    Refused with 404 to other teams' leaders, `own_hours`, `wrong_state`, `breaks_too_long`.
    """
    with transaction():
        found = _led(caller, shift, attendance)
        step = "confirm_doubtful" if found.doubts else "confirm"
        found.state = ATTENDANCES.after(AttendanceState(found.state), step)
        _take_off(found, break_minutes)
        if found.state == AttendanceState.CONFIRMED:
            _count(caller, found)
        else:
            found.first = caller.name
        _note(caller, f"attendance.{step}", found)
    return found


def correct(
    caller: Caller, shift: str, attendance: str, *, checked_out_at: datetime, break_minutes: int, reason: str
) -> Attendance:
    """The leader puts in a check-out that was forgotten, with a reason; it counts once a second person agrees.

    Refused as `confirm`, and with `correction_outside_shift`, `hours_overlap`.
    """
    with transaction():
        found = _led(caller, shift, attendance)
        found.state = ATTENDANCES.after(AttendanceState(found.state), "correct")
        place = find(Shift, caller.district, shift)
        minutes = counted(place, found.checked_in_at, checked_out_at).minutes
        if minutes < 1 or checked_out_at > place.ends_at:
            raise CORRECTION_OUTSIDE_SHIFT()
        check_no_overlap(found, checked_out_at)
        found.checked_out_at, found.minutes = checked_out_at, minutes
        _take_off(found, break_minutes)
        found.first, found.correction = caller.name, reason
        _note(caller, "attendance.correct", found)
    return found


def confirm_as_second(caller: Caller, attendance: str, break_minutes: int | None) -> Attendance:
    """The staff agree to what the leader could not decide alone, or to a leader's own hours.

    Refused with `own_hours` for their own time as a volunteer, `another_person_needed` when they are the leader who
    agreed first, `wrong_state`, `breaks_too_long`. Break minutes, when given, replace the leader's.
    """
    with transaction():
        found = locked(caller.district, attendance)
        if is_same_person(caller.district, caller.id, found.resident):
            raise OWN_HOURS()
        if found.first and is_same_person(caller.district, caller.id, found.first.removeprefix("resident:")):
            raise ANOTHER_PERSON_NEEDED()
        step = "confirm_leader" if _is_leaders_own(found) else "confirm_as_second"
        found.state = ATTENDANCES.after(AttendanceState(found.state), step)
        if break_minutes is not None:
            _take_off(found, break_minutes)
        _count(caller, found)
        _note(caller, f"attendance.{step}", found)
    return found


def _led(caller: Caller, shift: str, attendance: str) -> Attendance:
    """An attendance of a shift whose team the caller leads, held; not their own."""
    led_shift(caller, shift)
    if find(Attendance, caller.district, attendance).shift != shift:
        raise NOT_FOUND()
    found = locked(caller.district, attendance)
    if found.resident == caller.id:
        raise OWN_HOURS()
    return found


def _is_leaders_own(attendance: Attendance) -> bool:
    return (
        attendance.state == AttendanceState.DONE
        and _team_of(attendance.district, attendance.activity).leader == attendance.resident
    )


def _team_of(district: str, activity: str) -> Team:
    return find(Team, district, find(Activity, district, activity).team)


def _take_off(attendance: Attendance, break_minutes: int) -> None:
    """Take breaks off what was counted; breaks taken off before are put back first."""
    left = attendance.minutes + attendance.break_minutes - break_minutes
    if left < 1:
        raise BREAKS_TOO_LONG()
    attendance.minutes, attendance.break_minutes = left, break_minutes


def _count(caller: Caller, attendance: Attendance) -> None:
    """The hours are true: they earn, and the positions that raised a doubt are let go of."""
    activity = find(Activity, attendance.district, attendance.activity)
    team = find(Team, attendance.district, activity.team)
    attendance.confirmed_by, attendance.confirmed_at = caller.name, now()
    scans.forget_positions(attendance.district, attendance.id)
    attendance.earning = earn.deed_approved(
        DeedApproved(
            id=attendance.id,
            kind=DeedKind.SERVICE,
            category=activity.category,
            at=attendance.checked_in_at,
            resident=attendance.resident,
            district=attendance.district,
            quantity=attendance.hours,
            street=team.street,
            activity=activity.id,
            team=team.id,
            attributes={"hours": "checked_in" if attendance.correction is None else "corrected"},
        ),
        approver=caller.name,
    )


def _note(caller: Caller, action: str, attendance: Attendance) -> None:
    audit.record(caller.district, caller.name, action, f"attendance:{attendance.id}", minutes=attendance.minutes)


def _seen(page: Page) -> Page:
    """Names and scans of a page's attendances, in one question each."""
    found: list[Attendance] = page.items
    if not found:
        return page
    district = found[0].district
    wanted = rows(Resident, district).where(Resident.id.in_({attendance.resident for attendance in found}))
    names = {resident.id: masked_name(resident) for resident in db.session.scalars(wanted)}
    by_attendance: dict[str, list[Scan]] = {attendance.id: [] for attendance in found}
    for scan in scans.of(district, list(by_attendance)):
        by_attendance[scan.attendance].append(scan)
    items = [Seen(each, names[each.resident], by_attendance[each.id]) for each in found]
    return Page(items, page.next_cursor)
