"""How a check-in comes in and how an attendance looks to the one it is of."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from backend.kit.geo import Position, position_of
from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Measured, PlaceBody


class PhonePositionBody(PlaceBody):
    """What the phone says; `accuracy` in metres. A position in GCJ-02 is converted here, at the edge."""

    accuracy = Measured(0, 100_000, required=True)

    @post_load
    def convert(self, given: dict[str, Any], **_: Any) -> Position:
        return position_of(given["lat"], given["lon"], given["datum"], given["accuracy"])


class ShiftScanBody(Body):
    code = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{6}\Z"),
        metadata={"description": "from the screen at the place"},
    )
    position = fields.Nested(
        PhonePositionBody,
        load_default=None,
        allow_none=True,
        metadata={"description": "used only with the consent `position`; without it a person looks at the check-in"},
    )


class AttendanceSchema(Answer):
    id = fields.String(required=True)
    activity = fields.String(required=True)
    shift = fields.String(required=True)
    state = fields.String(required=True)
    doubts = fields.List(fields.String(), required=True)
    checked_in_at = fields.AwareDateTime(required=True)
    checked_out_at = fields.AwareDateTime(required=True, allow_none=True)
    break_minutes = fields.Integer(required=True)
    minutes = fields.Integer(required=True, metadata={"description": "what counts, breaks taken off"})
    hours = fields.String(required=True, metadata={"description": "the same in hours, a decimal"})
    correction = fields.String(required=True, allow_none=True)
    earning = fields.String(required=True, allow_none=True, metadata={"description": "see /me/earnings/{id}"})


AttendancePageSchema = page_schema(AttendanceSchema)
