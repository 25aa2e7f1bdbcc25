"""How a sign-up comes in and looks outside."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Id, YesOrNo


class SignUpBody(Body):
    shift = Id(required=True)
    risks_seen = YesOrNo(required=True)


class SignUpSchema(Answer):
    id = fields.String(required=True)
    activity = fields.String(required=True)
    shift = fields.String(required=True)
    state = fields.String(required=True)
    risks_seen_at = fields.AwareDateTime(required=True)


SignUpPageSchema = page_schema(SignUpSchema)
