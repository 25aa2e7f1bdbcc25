"""The shapes that all of volunteering shares: numbers of a map, and check-in points."""

from __future__ import annotations

import math
from typing import Any

from marshmallow import ValidationError, fields, validate

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Text, Whole
from backend.volunteering.check_in_points import Datum

MOST_POINTS = 20
STREET = validate.Regexp(r"^[0-9]{9}\Z")


class Number(fields.Float):
    """A finite number in a range: no true, no text of digits."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError("Not a number.")
        return float(value)


class CheckInPointBody(Body):
    """A check-in point as a leader or the staff draw it."""

    name = Text(1, 40, required=True)
    lat = Number(-90, 90, required=True)
    lon = Number(-180, 180, required=True)
    radius_m = Whole(10, 5000, required=True)
    datum = fields.Enum(Datum, by_value=True, required=True)


class CheckInPointSchema(Answer):
    """A check-in point; degrees in WGS84."""

    name = fields.String(required=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    radius_m = fields.Integer(required=True)


def points_in(**kwargs: Any) -> fields.List[Any]:
    """A bounded list of check-in points that comes in."""
    least = 1 if kwargs.get("required") else 0
    return fields.List(fields.Nested(CheckInPointBody), validate=validate.Length(least, MOST_POINTS), **kwargs)


def points_out() -> fields.List[Any]:
    return fields.List(fields.Nested(CheckInPointSchema), required=True)
