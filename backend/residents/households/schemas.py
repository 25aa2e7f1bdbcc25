"""How a household comes in and looks outside: to its members alone."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Id, Text


class JoinHouseholdBody(Body):
    code = Text(6, 20, required=True, metadata={"description": "the code that the head of the household was given"})


class IntoHouseholdBody(Body):
    head = Id(required=True, metadata={"description": "the resident whose household it is; may be the same"})


class HouseholdMemberSchema(Answer):
    id = fields.String(required=True, metadata={"description": "the place in the household, not the resident"})
    name = fields.String(required=True, metadata={"description": "masked"})
    head = fields.Boolean(required=True)
    me = fields.Boolean(required=True)
    joined_at = fields.AwareDateTime(required=True)


class HouseholdSchema(Answer):
    members = fields.List(
        fields.Nested(HouseholdMemberSchema), required=True, metadata={"description": "empty: in none"}
    )


class HouseholdInvitationSchema(Answer):
    code = fields.String(required=True, metadata={"description": "told this once; lets one person in"})
    expires_at = fields.AwareDateTime(required=True)
