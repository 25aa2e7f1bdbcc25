"""How acts, reviews and appeals come in and look outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.acts.details import ActDetailsBody, ActDetailsSchema
from backend.acts.states import ActState
from backend.kit.appeals.schemas import AppealBody, AppealSchema, ExtensionBody
from backend.kit.http import Answer, PageQuery, page_schema
from backend.kit.http.shapes import PhotoIds, Street, Text, Time, Whole
from backend.passbook.verified import VerifiedFacts


class ActBody(ActDetailsBody):
    category = Text(1, 40, required=True, metadata={"description": "one of /acts/categories"})
    done_at = Time(required=True)
    street = Street(required=True)
    description = Text(1, 1000, required=True)
    photos = PhotoIds(1, 9, required=True)
    helped = Text(1, 60, load_default=None, metadata={"description": "whom or what it helped; kept sealed"})


__all__ = ["AppealBody", "ExtensionBody"]


class ReviewBody(ActDetailsBody):
    decision = fields.String(required=True, validate=validate.OneOf(("approve", "refuse")))
    reason = Text(0, 500, load_default=None, metadata={"description": "the resident reads it; a refusal needs one"})
    note = Text(0, 1000, load_default=None, metadata={"description": "for reviewers only"})
    points = Whole(0, 1_000_000, load_default=None, metadata={"description": "where the rule leaves a range"})
    facts = VerifiedFacts(
        load_default=dict, metadata={"description": "what was verified and the rules of the day ask for, by name"}
    )


class AppealAnswerBody(ActDetailsBody):
    decision = fields.String(required=True, validate=validate.OneOf(("uphold", "overturn")))
    reason = Text(1, 500, required=True)
    points = Whole(0, 1_000_000, load_default=None, metadata={"description": "where the rule leaves a range"})


class ReviewersSideSchema(Answer):
    """What reviewers know beyond what the resident sees."""

    resident = fields.String(required=True)
    resident_name = fields.String(required=True, metadata={"description": "masked"})
    marks = fields.List(fields.String(), required=True, metadata={"description": "photos to compare: alike:, others:"})
    reviewer = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    appeal_answerer = fields.String(required=True, allow_none=True)


class ActSchema(Answer):
    id = fields.String(required=True)
    category = fields.String(required=True)
    done_at = fields.AwareDateTime(required=True)
    street = fields.String(required=True)
    description = fields.String(required=True)
    helped = fields.String(required=True, allow_none=True)
    declared = fields.Nested(ActDetailsSchema, required=True, metadata={"description": "as the resident sent it"})
    approved = fields.Nested(
        ActDetailsSchema, required=True, allow_none=True, metadata={"description": "as it earns; null until approved"}
    )
    photos = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ActState]))
    declared_at = fields.AwareDateTime(required=True)
    reviewed_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    earning = fields.String(required=True, allow_none=True)
    may_appeal_until = fields.AwareDateTime(required=True, allow_none=True)
    appeal = fields.Nested(AppealSchema, required=True, allow_none=True)
    staff = fields.Nested(ReviewersSideSchema, metadata={"description": "for reviewers only"})


class StaffActsQuery(PageQuery):
    state = fields.Enum(ActState, by_value=True, load_default=None)


class CategoriesSchema(Answer):
    items = fields.List(fields.String(), required=True)


ActPageSchema = page_schema(ActSchema)
