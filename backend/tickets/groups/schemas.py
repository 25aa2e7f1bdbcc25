"""How reporter groups come in and look outside."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Id, Street, Text


class ReporterGroupBody(Body):
    name = Text(1, 60, required=True)
    street = Street(load_default=None)


class ReporterGroupSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class ReporterMemberBody(Body):
    resident = Id(required=True)


class ReporterMemberSchema(Answer):
    resident = fields.String(required=True)
    joined_at = fields.AwareDateTime(required=True)


ReporterGroupPage = page_schema(ReporterGroupSchema)
ReporterMemberPage = page_schema(ReporterMemberSchema)
