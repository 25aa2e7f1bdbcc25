"""How activities and shifts come in and look outside."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from backend.kit.http import Answer, Body, PageQuery, page_schema
from backend.kit.http.shapes import Id, Text, Time, Whole
from backend.volunteering.shapes import points_in, points_out

MOST_SHIFTS = 50


class ShiftBody(Body):
    starts_at = Time(required=True)
    ends_at = Time(required=True)
    places = Whole(1, 1000, required=True)
    check_in_points = points_in(load_default=list, metadata={"description": "the station's, when none are given"})


class ActivityBody(Body):
    team = Id(required=True)
    station = Id(load_default=None)
    title = Text(1, 80, required=True)
    category = Text(1, 60, required=True, metadata={"description": "the kind of service, as the rules call it"})
    description = Text(0, 2000, load_default="")
    risks = Text(1, 1000, required=True, metadata={"description": "shown to everybody before they sign up"})
    min_age = Whole(1, 100, load_default=None, allow_none=True)
    shifts = fields.List(fields.Nested(ShiftBody), required=True, validate=validate.Length(1, MOST_SHIFTS))


class ActivitiesQuery(PageQuery):
    team = Id(load_default=None)


class ActivitySchema(Answer):
    id = fields.String(required=True)
    team = fields.String(required=True)
    station = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    category = fields.String(required=True)
    description = fields.String(required=True)
    risks = fields.String(required=True)
    min_age = fields.Integer(required=True, allow_none=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class ShiftSchema(Answer):
    id = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    places = fields.Integer(required=True)
    free = fields.Integer(required=True)
    check_in_points = points_out()


class PlannedSchema(ActivitySchema):
    """An activity with its shifts, earliest first."""

    shifts = fields.List(fields.Nested(ShiftSchema), required=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return super().get_attribute(obj if attr == "shifts" else obj.activity, attr, default)


class ShownCodeSchema(Answer):
    code = fields.String(required=True)
    changes_at = fields.AwareDateTime(required=True)


ActivityPageSchema = page_schema(ActivitySchema)
