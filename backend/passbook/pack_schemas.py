"""How rule packs come in and look outside."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from backend.kit.http import Answer, Body, page_schema
from backend.kit.http.shapes import Text
from backend.passbook.pack_seen import Seen


class PackBody(Body):
    text = Text(1, 500_000, required=True, metadata={"description": "the pack, YAML"})
    cases = Text(1, 500_000, load_default=None, metadata={"description": "its cases, YAML; publishing needs them"})
    file = Text(
        1, 200, load_default=None, metadata={"description": "the name of the pack's file, which its cases must name"}
    )


class SuspensionBody(Body):
    reason = Text(1, 500, required=True)


class PublicationBody(Body):
    stamp = Text(
        64, 64, required=True, metadata={"description": "the `stamp` of the pack as it was looked at (GET of the pack)"}
    )


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
    case_count = fields.Integer(required=True)
    case_misses = fields.List(fields.String(), required=True, metadata={"description": "empty: all cases pass"})
    suspension_reason = fields.String(required=True, allow_none=True)
    suspension_asked_by = fields.String(required=True, allow_none=True)
    suspended_by = fields.String(required=True, allow_none=True)


PackPageSchema = page_schema(PackSchema)


class WholePackSchema(PackSchema):
    """With everything a second person looks at before publishing."""

    text = fields.String(required=True)
    cases = fields.String(required=True, allow_none=True)
    simulation = fields.Dict(required=True, allow_none=True)
    diff = fields.Dict(required=True, metadata={"description": "what changes, in sentences of both languages"})
    beside = fields.String(required=True, allow_none=True, metadata={"description": "the pack it is compared with"})
    stamp = fields.String(
        required=True, metadata={"description": "stands for text, cases and simulation; publishing gives it back"}
    )


def whole(seen: Seen) -> dict[str, Any]:
    """A pack with its difference, as `WholePackSchema` shows it."""
    columns: dict[str, Any] = {
        name: getattr(seen.row, name) for name in WholePackSchema._declared_fields if hasattr(seen.row, name)
    }
    return {**columns, "diff": seen.diff, "beside": seen.beside.id if seen.beside else None, "stamp": seen.stamp}
