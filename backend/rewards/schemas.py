"""How rewards, redemptions and what staff do with them come in and look outside."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Id, Points, Text, Time, Whole, each_once

PERIODS = ("day", "week", "month", "quarter", "year", "lifetime")


class Line(Text):
    """One line of text: runs of blanks and line ends become one blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return " ".join(super()._deserialize(value, attr, data, **kwargs).split())


class RewardTitleBody(Body):
    zh = Line(1, 60, required=True)
    en = Line(1, 120, required=True)


class RewardLimitBody(Body):
    period = fields.String(required=True, validate=validate.OneOf(PERIODS))
    quantity = Whole(1, 1_000_000, required=True)


class RewardTermsBody(Body):
    title = fields.Nested(RewardTitleBody, required=True)
    price = Points(required=True, metadata={"description": "points for one"})
    merchants = fields.List(Id(), required=True, validate=[validate.Length(1, 100), each_once])
    starts_at = Time(required=True)
    ends_at = Time(required=True)
    limits = fields.List(
        fields.Nested(RewardLimitBody),
        load_default=list,
        validate=validate.Length(0, len(PERIODS)),
        metadata={"description": "at most so many by one resident in each local day, week, …"},
    )

    @validates("limits")
    def _one_a_period(self, value: list[dict[str, Any]], data_key: str) -> None:
        if len({limit.get("period") for limit in value}) < len(value):
            raise ValidationError("A period has two limits.")

    @validates_schema
    def _in_order(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded["ends_at"] <= loaded["starts_at"]:
            raise ValidationError("Ends before it starts.", "ends_at")


class RewardBody(RewardTermsBody):
    stock = Whole(0, 1_000_000, required=True)


class RewardStockBody(Body):
    delta = Whole(-1_000_000, 1_000_000, required=True)

    @validates("delta")
    def _not_nothing(self, value: int, data_key: str) -> None:
        if value == 0:
            raise ValidationError("Nothing would change.")


class RewardStockSchema(Answer):
    id = fields.String(required=True)
    stock = fields.Integer(required=True)


class GateBody(Body):
    reason = Line(1, 200, required=True)


class GateSchema(Answer):
    kind = fields.String(required=True)
    id = fields.String(required=True, attribute="subject")
    open = fields.Boolean(required=True)
    reason = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class RewardTitleSchema(Answer):
    zh = fields.String()
    en = fields.String()


class NamedThingSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)


class RewardLimitSchema(Answer):
    period = fields.String(required=True)
    quantity = fields.Integer(required=True)


class RewardSchema(Answer):
    id = fields.String(required=True)
    title = fields.Nested(RewardTitleSchema, required=True)
    price = fields.Integer(required=True)
    stock = fields.Integer(required=True, metadata={"description": "live, from the ledger"})
    merchants = fields.List(fields.Nested(NamedThingSchema), required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    limits = fields.List(fields.Nested(RewardLimitSchema), required=True)
    state = fields.String(required=True, metadata={"description": "preparing, published, changing or closed"})


RewardPageSchema = page_schema(RewardSchema)


class SettlementBody(Body):
    amount = Points(required=True)
    memo = Line(0, 200, load_default="")


class SettlementSchema(Answer):
    id = fields.String(required=True)
    merchant = fields.String(required=True)
    amount = fields.Integer(required=True)
    balance = fields.Integer(required=True, metadata={"description": "the merchant's points after it"})
    number = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)


class MerchantAccountSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(required=True)
    closed = fields.Boolean(required=True)
    shops = fields.List(fields.Nested(NamedThingSchema), required=True)
    balance = fields.Integer(required=True, metadata={"description": "points captured and not settled yet"})
