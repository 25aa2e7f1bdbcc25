"""How a resident comes in and looks outside."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import fields, validate

from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Street, Text, YesOrNo
from backend.residents import service

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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


class Day(fields.Date):
    """A day as `2026-11-22` and in no other writing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or _DAY.fullmatch(value) is None:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        day: date = super()._deserialize(value, attr, data, **kwargs)
        return day


class BirthDateBody(Body):
    birth_date = Day(required=True)
    guardian = YesOrNo(load_default=False, metadata={"description": "a guardian of the child agrees; needed under 14"})


class BirthDateSchema(Answer):
    birth_date = fields.Date(required=True, allow_none=True)


class ConsentBody(Body):
    purpose = fields.Enum(service.Purpose, by_value=True, required=True)
    given = YesOrNo(required=True)


class ConsentsSchema(Answer):
    given = fields.List(fields.String(), required=True)
