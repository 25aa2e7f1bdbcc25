"""How points, earnings, funds and rule packs look outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Text
from points.ledger import Balance


def _expiring(balance: Balance) -> list[dict[str, object]]:
    return [{"at": at.isoformat(), "points": amount} for at, amount in balance.expiring]


class BalanceSchema(Answer):
    available = fields.Integer(required=True)
    held = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    expiring = fields.Function(
        _expiring,
        metadata={"type": "array", "items": {"type": "object"}, "description": "lots in the order of spending"},
    )


class EarningBriefSchema(Answer):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    deed = fields.String(required=True)
    category = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    decided_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
    asked = fields.Integer(required=True)
    granted = fields.Integer(required=True)


EarningPageSchema = page_schema(EarningBriefSchema)


class EarningSchema(EarningBriefSchema):
    sentences = fields.Dict(required=True, metadata={"description": "why, in Chinese and English"})
    grants = fields.List(fields.Dict(), required=True)
    decision = fields.Dict(required=True, allow_none=True)
    silent = fields.Dict(required=True, metadata={"description": "why each other rule said nothing"})


class TopUpBody(Body):
    amount = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10**11))
    memo = Text(1, 200, required=True)


class TopUpSchema(Answer):
    id = fields.String(required=True)
    fund = fields.String(required=True)
    amount = fields.Integer(required=True)
    memo = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class FundSchema(Answer):
    name = fields.String(required=True)
    balance = fields.Integer(required=True)
    paid_in = fields.Integer(required=True)


class FundsSchema(Answer):
    items = fields.List(fields.Nested(FundSchema), required=True)


class PackBody(Body):
    text = Text(1, 500_000, required=True, metadata={"description": "the pack, YAML"})


class PackSchema(Answer):
    id = fields.String(required=True)
    pack = fields.String(required=True)
    version = fields.Integer(required=True)
    digest = fields.String(required=True)
    state = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, allow_none=True)
    author = fields.String(required=True)
    publisher = fields.String(required=True, allow_none=True)


PackPageSchema = page_schema(PackSchema)
