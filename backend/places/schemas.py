"""How places look outside."""

from marshmallow import fields

from backend.kit.http import Answer


class StreetSchema(Answer):
    code = fields.String(required=True)
    name = fields.String(required=True)
    communities = fields.Integer(required=True)


class StreetsSchema(Answer):
    items = fields.List(fields.Nested(StreetSchema), required=True)


class CommunitySchema(Answer):
    code = fields.String(required=True)
    name = fields.String(required=True)
    street = fields.String(required=True)
    kind = fields.String(required=True)


class CommunitiesSchema(Answer):
    items = fields.List(fields.Nested(CommunitySchema), required=True)
