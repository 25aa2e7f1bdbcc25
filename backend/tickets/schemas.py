"""How tickets come in and look outside; no schema here has a field for who reported."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from backend.kit.geo import Datum
from backend.kit.http import Answer, Body, PageQuery, page_schema
from backend.kit.http.shapes import Id, Measured, PhotoIds, PlaceBody, Street, Text, Whole, YesOrNo
from backend.tickets.deadlines import Card
from backend.tickets.service import Given
from backend.tickets.states import TicketState

PHOTOS_MOST = 9


class TicketPositionBody(PlaceBody):
    datum = fields.Enum(
        Datum, by_value=True, load_default=Datum.GCJ02, metadata={"description": "gcj02 is what phones in China give"}
    )
    accuracy = Measured(0, 100_000, load_default=None, allow_none=True, metadata={"description": "radius in metres"})

    @post_load
    def given(self, values: dict[str, Any], **_: Any) -> Given:
        return Given(**values)


def _photos() -> PhotoIds:
    return PhotoIds(0, PHOTOS_MOST, load_default=list, metadata={"maxItems": PHOTOS_MOST})


class TicketReportBody(Body):
    category = Text(1, 40, required=True, metadata={"description": "a name from /tickets/classes"})
    description = Text(1, 4000, required=True)
    position = fields.Nested(TicketPositionBody, load_default=None, allow_none=True)
    street = Street(load_default=None, allow_none=True)
    address = Text(1, 200, load_default=None, allow_none=True)
    photos = _photos()


class TicketVerifyBody(Body):
    category = Text(1, 40, load_default=None, allow_none=True, metadata={"description": "corrects the class"})
    duplicate_of = Id(load_default=None, allow_none=True)


class TicketJoinBody(Body):
    original = Id(required=True, metadata={"description": "the earlier report of the same thing"})


class TicketReasonBody(Body):
    reason = Text(2, 500, required=True)


class TicketDispatchBody(Body):
    unit = Text(1, 30, required=True, metadata={"description": "a code from /tickets/units"})
    note = Text(1, 500, load_default=None, allow_none=True)


class TicketFixBody(Body):
    note = Text(2, 1000, required=True)
    photos = _photos()


class TicketCheckBody(Body):
    passed = YesOrNo(required=True)
    note = Text(1, 500, load_default=None, allow_none=True)


class TicketRateBody(Body):
    score = Whole(1, 5, required=True)
    note = Text(1, 500, load_default=None, allow_none=True)


class TicketQuery(PageQuery):
    state = fields.Enum(TicketState, by_value=True, load_default=None)
    category = Text(1, 40, load_default=None)
    unit = Text(1, 30, load_default=None)


class TicketPositionSchema(Answer):
    """WGS84."""

    lat = fields.Float(required=True)
    lon = fields.Float(required=True)


class TicketStepSchema(Answer):
    step = fields.String(required=True)
    state = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    by = fields.String(required=True, metadata={"description": "reporter, staff, unit or partner"})
    note = fields.String(required=True, allow_none=True)


class TicketLineSchema(Answer):
    id = fields.String(required=True)
    source = fields.String(required=True)
    category = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    position = fields.Nested(TicketPositionSchema, required=True, allow_none=True)
    street = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in TicketState]))
    mine = fields.Boolean(required=True)
    reported_at = fields.AwareDateTime(required=True)
    response_due_at = fields.AwareDateTime(required=True, allow_none=True)
    responded_at = fields.AwareDateTime(required=True, allow_none=True)
    response_late = fields.Boolean(required=True)
    filed_at = fields.AwareDateTime(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    due_provisional = fields.Boolean(
        required=True, metadata={"description": "the holidays of a year it touches are not published yet"}
    )
    card = fields.Enum(Card, by_value=True, required=True)
    unit = fields.String(required=True, allow_none=True)
    fixed_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    duplicate_of = fields.String(required=True, allow_none=True)


class TicketSchema(TicketLineSchema):
    photos = fields.List(fields.String(), required=True)
    after_photos = fields.List(fields.String(), required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "why it was refused"})
    fix_note = fields.String(required=True, allow_none=True)
    rating = fields.Integer(required=True, allow_none=True)
    rating_note = fields.String(required=True, allow_none=True)
    rank = fields.Integer(required=True, metadata={"description": "1 for the first report of a thing"})
    earning = fields.String(required=True, allow_none=True, metadata={"description": "for the reporter alone"})
    marks = fields.List(fields.String(), required=True, allow_none=True, metadata={"description": "for staff alone"})
    steps = fields.List(fields.Nested(TicketStepSchema), required=True)


class TicketSuggestionSchema(Answer):
    ticket = fields.String(required=True)
    state = fields.String(required=True)
    reported_at = fields.AwareDateTime(required=True)
    metres = fields.Float(required=True)


class TicketSuggestionsSchema(Answer):
    items = fields.List(fields.Nested(TicketSuggestionSchema), required=True)


class TicketClassSchema(Answer):
    name = fields.String(required=True)
    en = fields.String(required=True)
    code = fields.String(required=True)
    kind = fields.String(required=True)
    big_class = fields.String(required=True)
    limit = fields.Function(lambda found: str(found.limit), required=True, metadata={"type": "string"})
    basis = fields.String(required=True)


class TicketClassesSchema(Answer):
    items = fields.List(fields.Nested(TicketClassSchema), required=True)


class TicketUnitSchema(Answer):
    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class TicketUnitsSchema(Answer):
    items = fields.List(fields.Nested(TicketUnitSchema), required=True)


TicketPage = page_schema(TicketLineSchema)
