"""How a resident comes in and looks outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Street, Text, YesOrNo
from backend.residents import service


class SignInBody(Body):
    code = Text(1, 200, required=True, metadata={"description": "what wx.login gave"})
    district = fields.String(validate=validate.Regexp(r"^[0-9]{6}\Z"), load_default=None)


class ResidentSchema(Answer):
    id = fields.String(required=True)
    district = fields.String(required=True)
    name = fields.Function(service.name_of, metadata={"type": "string"})
    street = fields.String(allow_none=True)


class SignedInSchema(Answer):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    resident = fields.Nested(ResidentSchema, required=True)


class MeBody(Body):
    name = Text(1, 30, load_default=None)
    street = Street(load_default=None)


class ConsentBody(Body):
    purpose = fields.Enum(service.Purpose, by_value=True, required=True)
    given = YesOrNo(required=True)


class ConsentsSchema(Answer):
    given = fields.List(fields.String(), required=True)
