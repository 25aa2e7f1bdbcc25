"""A volunteer checks in and out at the place; a check-out that was forgotten is closed with nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.kit.geo import Position
from backend.kit.http import Page, page_of
from backend.residents.models import Resident
from backend.volunteering.activities.models import Shift
from backend.volunteering.activities.service import SHIFT_OVER
from backend.volunteering.attendance import scans
from backend.volunteering.attendance.hours import Span
from backend.volunteering.attendance.models import Attendance
from backend.volunteering.attendance.states import ATTENDANCES, AttendanceState
from backend.volunteering.signups.service import mark_attended
from points.errors import Category, kind

EARLY = timedelta(minutes=30)
"""How long before a shift one can check in; what lies before it does not count."""
LATE = timedelta(minutes=30)
"""How long after a shift one can check out; what lies after it does not count."""
POSITIONS_KEPT = timedelta(days=30)
"""The longest that a doubtful position waits for somebody to look at it."""
_BATCH = 200

SHIFT_NOT_BEGUN = kind(
    "shift_not_begun",
    Category.CONFLICT,
    zh="班次尚未开始，开始前 30 分钟起可以签到。",
    en="The shift has not begun; check-in opens 30 minutes before.",
    retry=True,
)
ALREADY_CHECKED_IN = kind(
    "already_checked_in",
    Category.CONFLICT,
    zh="您有尚未签退的签到，请先签退。",
    en="You are checked in already; check out there first.",
)
HOURS_OVERLAP = kind(
    "hours_overlap",
    Category.CONFLICT,
    zh="与已有的服务时间重叠。",
    en="This overlaps with other hours of the same person.",
)
NOT_CHECKED_IN = kind(
    "not_checked_in", Category.CONFLICT, zh="您没有在这个班次签到。", en="You are not checked in to this shift."
)
TOO_SHORT = kind(
    "too_short",
    Category.CONFLICT,
    zh="服务时间不足 1 分钟。",
    en="This is less than one minute of service.",
    retry=True,
)
CHECK_OUT_TOO_LATE = kind(
    "check_out_too_late",
    Category.CONFLICT,
    zh="已超过签退时间；请联系队长更正。",
    en="The time to check out is over; ask the leader to correct it.",
)


def check_in(caller: Caller, shift: str, code: str, position: Position | None) -> Attendance:
    """Begin one's hours at a shift one signed up for.

    Refused with `not_signed_up`, `shift_not_begun`, `shift_over`, `already_checked_in`, `hours_overlap`, and what
    `scans.read` refuses. A position that is missing or away leaves a doubt, which a second person looks at.
    """
    with transaction() as session:
        find(Resident, caller.district, caller.id, lock=True)
        place, at = find(Shift, caller.district, shift), now()
        signup = mark_attended(caller.district, shift, caller.id)
        _check_window(place, at)
        _check_free(caller, at)
        reading = scans.read(place, caller.id, code, position, at)
        attendance = Attendance(
            district=caller.district,
            id=fresh_id(),
            activity=place.activity,
            shift=shift,
            signup=signup.id,
            resident=caller.id,
            state=AttendanceState.PRESENT,
            doubts=[],
            checked_in_at=at,
            break_minutes=0,
            minutes=0,
        )
        session.add(attendance)
        session.flush()
        scans.keep(attendance, "in", reading, at)
    return attendance


def check_out(caller: Caller, shift: str, code: str, position: Position | None) -> Attendance:
    """End one's hours; they count from the later of check-in and begin of shift to the earlier of now and its end.

    Refused with `not_checked_in`, `check_out_too_late`, `too_short`, and what `scans.read` refuses.
    """
    with transaction():
        find(Resident, caller.district, caller.id, lock=True)
        place, at = find(Shift, caller.district, shift), now()
        attendance = _present(caller.district, caller.id)
        if attendance is None or attendance.shift != shift:
            raise NOT_CHECKED_IN()
        if at > place.ends_at + LATE:
            raise CHECK_OUT_TOO_LATE()
        minutes = counted(place, attendance.checked_in_at, at).minutes
        if minutes < 1:
            raise TOO_SHORT()
        reading = scans.read(place, caller.id, code, position, at)
        attendance.state = ATTENDANCES.after(AttendanceState(attendance.state), "check_out")
        attendance.checked_out_at, attendance.minutes = at, minutes
        scans.keep(attendance, "out", reading, at)
    return attendance


def mine(caller: Caller, cursor: str | None, limit: int) -> Page:
    """The caller's own attendances, newest first."""
    return page_of(rows(Attendance, caller.district).where(Attendance.resident == caller.id), Attendance, cursor, limit)


def counted(shift: Shift, checked_in_at: datetime, checked_out_at: datetime) -> Span:
    """The part of a presence that counts: inside the shift, which lies within one local day."""
    return Span(checked_in_at, checked_out_at).within(Span(shift.starts_at, shift.ends_at))


def check_no_overlap(attendance: Attendance, checked_out_at: datetime) -> None:
    """Refused with `hours_overlap` when a check-out put in later would run into other hours of the same person."""
    others = rows(Attendance, attendance.district).where(
        Attendance.resident == attendance.resident,
        Attendance.id != attendance.id,
        Attendance.state != AttendanceState.FORGOTTEN,
        Attendance.checked_in_at < checked_out_at,
        or_(Attendance.checked_out_at.is_(None), Attendance.checked_out_at > attendance.checked_in_at),
    )
    if db.session.scalar(others.limit(1)) is not None:
        raise HOURS_OVERLAP()


def close_forgotten(district: str) -> int:
    """Close check-ins whose time to check out is over, with 0 minutes; answers how many. For the worker."""
    due = (
        select(Attendance.id)
        .join(Shift, (Shift.district == Attendance.district) & (Shift.id == Attendance.shift))
        .where(
            Attendance.district == district,
            Attendance.state == AttendanceState.PRESENT,
            Shift.ends_at < now() - LATE,
        )
        .order_by(Attendance.id)
        .limit(_BATCH)
    )
    found = list(db.session.scalars(due))
    return sum(_close(district, attendance) for attendance in found)


def forget_positions(district: str) -> int:
    """Let go of positions that nobody looked at in 30 days; answers how many. For the worker."""
    with transaction():
        return scans.forget_positions_before(district, now() - POSITIONS_KEPT)


def _close(district: str, identifier: str) -> bool:
    with transaction():
        attendance = locked(district, identifier)
        if attendance.state != AttendanceState.PRESENT:  # checked out, or closed by another worker
            return False
        attendance.state = ATTENDANCES.after(AttendanceState(attendance.state), "close_forgotten")
        scans.forget_positions(district, identifier)
        audit.record(district, "system", "attendance.forgotten", f"attendance:{identifier}")
    return True


def locked(district: str, attendance: str) -> Attendance:
    """An attendance held to the end of the transaction, its resident first: all who write take them in this order."""
    found = find(Attendance, district, attendance)
    find(Resident, district, found.resident, lock=True)
    return find(Attendance, district, attendance, lock=True)


def _check_window(shift: Shift, at: datetime) -> None:
    if at < shift.starts_at - EARLY:
        raise SHIFT_NOT_BEGUN()
    if at >= shift.ends_at:
        raise SHIFT_OVER()


def _check_free(caller: Caller, at: datetime) -> None:
    """One open check-in at a time, and none inside hours that were written down already."""
    if _present(caller.district, caller.id) is not None:
        raise ALREADY_CHECKED_IN()
    later = rows(Attendance, caller.district).where(
        Attendance.resident == caller.id, Attendance.checked_out_at.is_not(None), Attendance.checked_out_at > at
    )
    if db.session.scalar(later.limit(1)) is not None:
        raise HOURS_OVERLAP()


def _present(district: str, resident: str) -> Attendance | None:
    query = rows(Attendance, district).where(
        Attendance.resident == resident, Attendance.state == AttendanceState.PRESENT
    )
    return db.session.scalar(query)
