"""How a photo comes in and looks outside: never with its hashes or its file's name."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from backend.kit.http import Answer, Body, Query


class PhotoUpload(Body):
    file = Upload(required=True, metadata={"description": "JPEG, PNG or WebP"})


class PhotoSchema(Answer):
    id = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    added_at = fields.AwareDateTime(required=True)
    used_for = fields.String(required=True, allow_none=True, metadata={"description": "the claim, as act:<id>"})


class FileQuery(Query):
    size = fields.String(load_default="full", validate=validate.OneOf(("full", "thumb")))
