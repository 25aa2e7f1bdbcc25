"""How a referral comes in and looks outside: each side sees its own."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Text


class ReferralBody(Body):
    code = Text(6, 20, required=True, metadata={"description": "the code of whoever brought me"})


class ReferralCodeSchema(Answer):
    code = fields.String(required=True)


class ReferralSchema(Answer):
    named_at = fields.AwareDateTime(required=True, allow_none=True, metadata={"description": "null: nobody named"})
