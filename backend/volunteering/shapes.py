"""The shapes that all of volunteering shares: check-in points, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from backend.kit.http import Answer
from backend.kit.http.shapes import PlaceBody, Text, Whole

MOST_POINTS = 20


class CheckInPointBody(PlaceBody):
    """A check-in point as a leader or the staff draw it."""

    name = Text(1, 40, required=True)
    radius_m = Whole(10, 5000, required=True)


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
