"""Hours before those who confirm them: the leader of the team, and the staff as the second person."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.volunteering.attendance.models import Attendance
from backend.volunteering.attendance.schemas import AttendanceSchema
from backend.volunteering.confirming import schemas, service

endpoints = Endpoints("confirming", __name__, description="确认服务时间 · confirming hours")


@endpoints.endpoint(
    "GET", "/shifts/<shift>/attendance", may="shifts.confirm", query=PageQuery, answer=schemas.SeenAttendancePageSchema
)
def list_attendance(caller: Caller, shift: str, query: dict[str, Any]) -> Page:
    """Who was at a shift of one's team."""
    return service.of_shift(caller, shift, **query)


@endpoints.endpoint(
    "POST",
    "/shifts/<shift>/attendance/<attendance>/confirm",
    may="shifts.confirm",
    body=schemas.ConfirmHoursBody,
    answer=AttendanceSchema,
)
def confirm_attendance(caller: Caller, shift: str, attendance: str, body: dict[str, Any]) -> Attendance:
    """Confirm somebody's hours, breaks taken off."""
    return service.confirm(caller, shift, attendance, **body)


@endpoints.endpoint(
    "POST",
    "/shifts/<shift>/attendance/<attendance>/correct",
    may="shifts.confirm",
    body=schemas.CorrectHoursBody,
    answer=AttendanceSchema,
)
def correct_attendance(caller: Caller, shift: str, attendance: str, body: dict[str, Any]) -> Attendance:
    """Put in a check-out that was forgotten; a second person must agree."""
    return service.correct(caller, shift, attendance, **body)


@endpoints.endpoint(
    "GET", "/staff/attendance", may="shifts.second", query=PageQuery, answer=schemas.AttendanceForStaffPageSchema
)
def list_awaiting_second(caller: Caller, query: dict[str, Any]) -> Page:
    """Hours that wait for a second person."""
    return service.awaiting_second(caller, **query)


@endpoints.endpoint(
    "POST",
    "/staff/attendance/<attendance>/confirm",
    may="shifts.second",
    body=schemas.SecondHoursBody,
    answer=AttendanceSchema,
)
def confirm_as_second(caller: Caller, attendance: str, body: dict[str, Any]) -> Attendance:
    """Confirm as the second person."""
    return service.confirm_as_second(caller, attendance, **body)
