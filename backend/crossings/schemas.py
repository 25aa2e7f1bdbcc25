"""How a transfer comes in and looks outside."""

from __future__ import annotations

from marshmallow import fields

from backend.crossings.models import Crossing
from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Points, Text
from points.errors import KINDS


class TransferBody(Body):
    district = Text(1, 12, required=True, metadata={"description": "the code of the other district"})
    amount = Points(required=True)


class TransferSchema(Answer):
    id = fields.String(required=True)
    district = fields.String(required=True, attribute="to_district")
    amount = fields.Integer(required=True)
    state = fields.String(
        required=True, metadata={"description": "sending, sent, then arrived; or refused; or returned"}
    )
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "what it waits for, or why it was refused or returned"}
    )
    reason_said = fields.Method("_said", metadata={"type": ["object", "null"], "description": "in both languages"})
    asked_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "of the points that arrive; null before they left"}
    )
    ended_at = fields.AwareDateTime(required=True, allow_none=True)

    def _said(self, row: Crossing) -> dict[str, str] | None:
        if row.reason not in KINDS:
            return None
        return {language: KINDS[row.reason]().sentence(language) for language in ("zh-CN", "en")}


TransferPageSchema = page_schema(TransferSchema)
