"""How a statement looks outside."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Query, page_schema
from backend.kit.http.shapes import Count


class StatementQuery(Query):
    cursor = Count(1, 10**15, load_default=None)
    limit = Count(1, 200, load_default=50)


class StatementLineSchema(Answer):
    number = fields.Integer(required=True)
    id = fields.String(required=True)
    kind = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    amount = fields.Integer(required=True)
    balance = fields.Integer(required=True)


StatementSchema = page_schema(StatementLineSchema)
