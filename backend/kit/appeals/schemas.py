"""How an objection comes in and looks outside."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Text


class AppealBody(Body):
    text = Text(1, 1000, required=True)


class ExtensionBody(Body):
    reason = Text(1, 500, required=True)


class AppealSchema(Answer):
    text = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    answer_due_at = fields.AwareDateTime(required=True)
    overdue = fields.Boolean(required=True)
    others_must_check = fields.Boolean(required=True)
    extension_reason = fields.String(required=True, allow_none=True)
    decision = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    escalated_at = fields.AwareDateTime(required=True, allow_none=True)
