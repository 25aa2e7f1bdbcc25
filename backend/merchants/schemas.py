"""How merchants, shops and clerks come in and look outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.auth import Role
from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Id, Street, Text, each_once
from backend.merchants import service


class MerchantBody(Body):
    name = Text(1, 60, required=True)
    street = Street(required=True)
    shops = fields.List(
        Text(1, 60),
        required=True,
        validate=[validate.Length(1, 50), each_once],
        metadata={"description": "the shops' names"},
    )


class ShopSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)


class MerchantSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(required=True)
    closed = fields.Boolean(required=True)


class MerchantWithShopsSchema(MerchantSchema):
    shops = fields.Function(
        lambda merchant: ShopSchema(many=True).dump(service.shops_of(merchant)),
        metadata={"type": "array", "items": {"type": "object"}},
    )


MerchantPageSchema = page_schema(MerchantSchema)


class ClerkBody(Body):
    name = Text(1, 40, required=True, metadata={"description": "for signing in; the only one in the district"})
    password = fields.String(required=True, validate=validate.Length(1, 200))
    shop = Id(required=True)
    role = fields.Enum(Role, by_value=True, required=True, validate=validate.OneOf([Role.CLERK, Role.OWNER]))


class ClerkSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    merchant = fields.String(required=True)
    shop = fields.String(required=True)
    role = fields.String(required=True)
    closed = fields.Boolean(required=True)


ClerkPageSchema = page_schema(ClerkSchema)


class ClerkSignInBody(Body):
    name = Text(1, 40, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 200))
    merchant = Id(load_default=None, metadata={"description": "when given, the clerk must be this merchant's"})
    district = fields.String(validate=validate.Regexp(r"^[0-9]{6}\Z"), load_default=None)


class ClerkSignedInSchema(Answer):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    clerk = fields.Nested(ClerkSchema, required=True)
    merchant = fields.Nested(MerchantSchema, required=True)
    shop = fields.Nested(ShopSchema, required=True)
