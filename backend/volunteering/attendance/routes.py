"""Checking in and out by the code at the place, and one's own attendances."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints, Page, PageQuery
from backend.volunteering.attendance import schemas, service
from backend.volunteering.attendance.models import Attendance

endpoints = Endpoints("attendance", __name__, description="签到与签退 · checking in and out")


@endpoints.endpoint(
    "POST",
    "/shifts/<shift>/check-in",
    may="shifts.attend",
    body=schemas.ShiftScanBody,
    answer=schemas.AttendanceSchema,
    status=201,
)
def check_in(caller: Caller, shift: str, body: dict[str, Any]) -> Attendance:
    """Check in with the code shown at the place."""
    return service.check_in(caller, shift, **body)


@endpoints.endpoint(
    "POST",
    "/shifts/<shift>/check-out",
    may="shifts.attend",
    body=schemas.ShiftScanBody,
    answer=schemas.AttendanceSchema,
)
def check_out(caller: Caller, shift: str, body: dict[str, Any]) -> Attendance:
    """Check out with the code shown at the place then."""
    return service.check_out(caller, shift, **body)


@endpoints.endpoint("GET", "/me/attendance", may="shifts.attend", query=PageQuery, answer=schemas.AttendancePageSchema)
def list_my_attendance(caller: Caller, query: dict[str, Any]) -> Page:
    """My own attendances: what counts, what is doubted, and what each earned."""
    return service.mine(caller, **query)
