"""How staff come in and look outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.auth.permissions import STAFF_ROLES, Role
from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Id, Text, YesOrNo

_SAME_PERSON = "the same person's account as a resident, for recusal"
_ROLES = fields.List(
    fields.Enum(Role, by_value=True, validate=validate.OneOf(STAFF_ROLES)),
    required=True,
    validate=validate.Length(1, 10),
)


class StaffSignInBody(Body):
    name = Text(1, 40, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 200))
    otp = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9]{6}\Z"))
    district = fields.String(validate=validate.Regexp(r"^[0-9]{6}\Z"), load_default=None)


class StaffSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    closed = fields.Boolean(required=True)
    resident = fields.String(required=True, allow_none=True, metadata={"description": _SAME_PERSON})


StaffPageSchema = page_schema(StaffSchema)


class StaffSignedInSchema(Answer):
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    staff = fields.Nested(StaffSchema, required=True)


class InviteBody(Body):
    name = Text(1, 40, required=True)
    roles = _ROLES
    resident = Id(load_default=None, allow_none=True, metadata={"description": _SAME_PERSON})


class InvitedSchema(Answer):
    staff = fields.Nested(StaffSchema, required=True)
    setup_token = fields.String(required=True, metadata={"description": "shown once; 24 hours; sets the password"})


class PasswordBody(Body):
    setup_token = Text(20, 100, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 200))


class EnrolledSchema(Answer):
    otp_secret = fields.String(required=True)
    otp_uri = fields.String(required=True)


class ChangeStaffBody(Body):
    roles = _ROLES
    closed = YesOrNo(required=True)
    resident = Id(allow_none=True, metadata={"description": f"{_SAME_PERSON}; null takes it away, absent leaves it"})


class PartnerBody(Body):
    name = Text(1, 80, required=True)


class PartnerSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    closed = fields.Boolean(required=True)


class NewPartnerSchema(Answer):
    partner = fields.Nested(PartnerSchema, required=True)
    api_key = fields.String(required=True, metadata={"description": "shown once"})
