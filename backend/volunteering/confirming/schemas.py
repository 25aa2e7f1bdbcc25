"""How those who confirm see an attendance, and what they say of it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Text, Time, Whole
from backend.volunteering.attendance import scans
from backend.volunteering.attendance.models import Scan
from backend.volunteering.attendance.schemas import AttendanceSchema

_DAY_MINUTES = 24 * 60


class ConfirmHoursBody(Body):
    break_minutes = Whole(0, _DAY_MINUTES, load_default=0, metadata={"description": "travel, meals and rest"})


class CorrectHoursBody(ConfirmHoursBody):
    checked_out_at = Time(required=True)
    reason = Text(1, 500, required=True)


class SecondHoursBody(Body):
    break_minutes = Whole(
        0, _DAY_MINUTES, load_default=None, allow_none=True, metadata={"description": "instead of the leader's"}
    )


class ShiftScanSchema(Answer):
    way = fields.String(required=True, metadata={"description": "`in` or `out`"})
    at = fields.AwareDateTime(required=True)
    distance_m = fields.Integer(required=True, allow_none=True)
    accuracy_m = fields.Integer(required=True, allow_none=True)
    doubt = fields.String(required=True, allow_none=True)


def _position(scan: Scan) -> dict[str, float] | None:
    found = scans.position_of(scan)
    return {"lat": found.lat, "lon": found.lon} if found else None


class LocatedShiftScanSchema(ShiftScanSchema):
    """With the position, as long as the check needs it; WGS84."""

    position = fields.Function(_position, metadata={"type": ["object", "null"]})


class SeenAttendanceSchema(AttendanceSchema):
    """An attendance for the leader: a masked name, distances, no position."""

    name = fields.String(required=True)
    scans = fields.List(fields.Nested(ShiftScanSchema), required=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return super().get_attribute(obj if attr in ("name", "scans") else obj.attendance, attr, default)


class AttendanceForStaffSchema(SeenAttendanceSchema):
    scans = fields.List(fields.Nested(LocatedShiftScanSchema), required=True)


SeenAttendancePageSchema = page_schema(SeenAttendanceSchema)
AttendanceForStaffPageSchema = page_schema(AttendanceForStaffSchema)
