"""How a statement looks outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.http import Answer, Query, page_schema


class StatementQuery(Query):
    cursor = fields.Integer(load_default=None, validate=validate.Range(1, 10**15))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class StatementLineSchema(Answer):
    number = fields.Integer(required=True)
    id = fields.String(required=True)
    kind = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    amount = fields.Integer(required=True)
    balance = fields.Integer(required=True)


StatementSchema = page_schema(StatementLineSchema)
