"""How teams and stations come in and look outside."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body, PageQuery, page_schema
from backend.kit.http.shapes import Flag, Id, Street, Text
from backend.volunteering.shapes import points_in, points_out


class TeamBody(Body):
    name = Text(1, 60, required=True)
    street = Street(required=True)
    leader = Id(required=True, metadata={"description": "a resident of the district"})


class TeamSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(required=True)


class FoundedTeamSchema(TeamSchema):
    leader = fields.String(required=True)


class TeamsQuery(PageQuery):
    led_by_me = Flag(load_default=False)


class StationBody(Body):
    name = Text(1, 60, required=True)
    street = Street(required=True)
    check_in_points = points_in(required=True)


class StationSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(required=True)
    check_in_points = points_out()


TeamPageSchema = page_schema(TeamSchema)
StationPageSchema = page_schema(StationSchema)
