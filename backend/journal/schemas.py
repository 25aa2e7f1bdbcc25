"""How a statement looks outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.http import Answer, Query, page_schema
from backend.kit.http.shapes import Count


class StatementQuery(Query):
    at = fields.AwareDateTime(
        load_default=None,
        metadata={"description": "the statement as it stood at this moment; its first line says the balance then"},
    )
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


class RootsQuery(Query):
    district = fields.String(validate=validate.Regexp(r"^[0-9]{6}\Z"), load_default=None)
    cursor = Count(1, 10**15, load_default=None, allow_none=False)
    limit = Count(1, 200, load_default=50)


class RootSchema(Answer):
    district = fields.String(required=True)
    number = fields.Integer(required=True)
    day = fields.Date(required=True)
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    statement = fields.String(required=True)
    signature = fields.String(required=True)
    public_key = fields.String(required=True)


class ProofSchema(Answer):
    entry = fields.Integer(required=True)
    shown = fields.String(required=True)
    salt = fields.String(required=True)
    hidden = fields.String(required=True)
    place = fields.Integer(required=True)
    leaves = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True)
    root = fields.Nested(RootSchema, required=True)
    captured_by = fields.Integer(
        required=True, allow_none=True, metadata={"description": "of a redemption: the entry that captured it"}
    )


RootsSchema = page_schema(RootSchema)


class RootKeysQuery(Query):
    cursor = Count(1, 10**15, load_default=None)
    limit = Count(1, 200, load_default=50)


class RootKeySchema(Answer):
    number = fields.Integer(required=True)
    public_key = fields.String(required=True)
    since = fields.Date(required=True)
    until = fields.Date(required=True, allow_none=True)
    statement = fields.String(required=True)
    signature = fields.String(required=True)
    signature_before = fields.String(required=True, allow_none=True)


RootKeysSchema = page_schema(RootKeySchema)
