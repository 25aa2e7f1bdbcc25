"""What WeChat's answers must look like before anything of them is used; unknown fields are left out."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from backend.wechat.failures import unreadable

SUGGESTIONS = ("pass", "review", "risky")
_ID = validate.Regexp(r"[0-9A-Za-z_\-]{1,128}\Z")


class _Answer(Schema):
    class Meta:
        unknown = EXCLUDE


class TokenAnswer(_Answer):
    access_token = fields.Str(required=True, validate=validate.Regexp(r"[!-~]{1,1024}\Z"))
    expires_in = fields.Int(required=True, strict=True, validate=validate.Range(1, 86_400))


class SignInAnswer(_Answer):
    openid = fields.Str(required=True, validate=_ID)
    unionid = fields.Str(load_default=None, validate=_ID)


class _PhoneInfo(_Answer):
    class Watermark(_Answer):
        appid = fields.Str(required=True)

    pure_number = fields.Str(required=True, data_key="purePhoneNumber", validate=validate.Regexp(r"[0-9]{4,15}\Z"))
    country_code = fields.Str(required=True, data_key="countryCode", validate=validate.Regexp(r"[0-9]{1,4}\Z"))
    watermark = fields.Nested(Watermark, required=True)


class PhoneAnswer(_Answer):
    phone_info = fields.Nested(_PhoneInfo, required=True)


class TextCheckAnswer(_Answer):
    class Result(_Answer):
        suggest = fields.Str(required=True, validate=validate.OneOf(SUGGESTIONS))
        label = fields.Int(required=True, strict=True)

    result = fields.Nested(Result, required=True)


class MediaCheckAnswer(_Answer):
    trace_id = fields.Str(required=True, validate=_ID)


class PlainAnswer(_Answer):
    errcode = fields.Int(required=True, strict=True, validate=validate.Equal(0))


def checked(schema: Schema, answer: Any) -> dict[str, Any]:
    """The fields the schema knows; raises CallFailed (`unreadable`) when the answer is anything else."""
    try:
        return dict(schema.load(answer))
    except ValidationError:
        pass  # its text repeats the answer, which may hold personal data
    raise unreadable()
