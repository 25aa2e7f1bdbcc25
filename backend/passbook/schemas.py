"""How points, earnings, funds and rule packs look outside."""

from __future__ import annotations

from marshmallow import fields, validate

from backend.kit.appeals.schemas import AppealSchema
from backend.kit.http import Answer, Body, PageQuery, page_schema
from backend.kit.http.shapes import Flag, Id, Text, Whole
from backend.passbook import worded
from backend.passbook.verified import VerifiedFacts
from points.ledger import Balance


def _expiring(balance: Balance) -> list[dict[str, object]]:
    return [{"at": at.isoformat(), "points": amount} for at, amount in balance.expiring]


class BalanceSchema(Answer):
    available = fields.Integer(required=True)
    held = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    expiring = fields.Function(
        _expiring,
        metadata={"type": "array", "items": {"type": "object"}, "description": "lots in the order of spending"},
    )


class StarNoticeSchema(Answer):
    grade = fields.Integer(required=True)
    reached = fields.Date(required=True)
    granted = fields.Date(required=True, metadata={"description": "the first day after the public notice"})


class StarsSchema(Answer):
    hours = fields.String(required=True, metadata={"description": "confirmed hours that stand, a decimal"})
    grade = fields.Integer(required=True, metadata={"description": "0: none"})
    since = fields.Date(required=True, allow_none=True)
    notice = fields.Nested(StarNoticeSchema, required=True, allow_none=True)
    next_at = fields.String(required=True, allow_none=True)
    grades = fields.List(fields.String(), required=True, metadata={"description": "hours of each grade, by the rules"})


class EarningBriefSchema(Answer):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    deed = fields.String(required=True)
    category = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    decided_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
    asked = fields.Integer(required=True)
    granted = fields.Integer(required=True)


EarningPageSchema = page_schema(EarningBriefSchema)


class EarlierAnswerSchema(Answer):
    """An answer that did not stand, because its correction was declined."""

    decision = fields.String(required=True)
    reason = fields.String(required=True)
    answered_at = fields.AwareDateTime(required=True)
    declined_because = fields.String(required=True, allow_none=True)
    declined_at = fields.AwareDateTime(required=True)


class EarningAppealSchema(AppealSchema):
    id = fields.String(required=True)
    earning = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"description": "open, upheld, correcting (until another person confirms) or corrected"}
    )
    correction = fields.String(required=True, allow_none=True)
    earlier = fields.List(fields.Nested(EarlierAnswerSchema), required=True)


EarningAppealPageSchema = page_schema(EarningAppealSchema)


class EarningSchema(EarningBriefSchema):
    sentences = fields.Dict(required=True, metadata={"description": "why, in Chinese and English"})
    grants = fields.List(fields.Dict(), required=True)
    decision = fields.Dict(required=True, allow_none=True)
    silent = fields.Dict(required=True, metadata={"description": "why each other rule said nothing"})
    caps = fields.List(fields.Dict(), required=True, metadata={"description": "each cap and what is left of it now"})
    history = fields.List(fields.Dict(), required=True, metadata={"description": "corrections, oldest first"})
    appeal = fields.Nested(EarningAppealSchema, required=True, allow_none=True)
    may_appeal_until = fields.AwareDateTime(required=True, allow_none=True)


class StaffEarningSchema(EarningSchema):
    staff = fields.Dict(
        required=True,
        metadata={
            "description": "who approved, asked, confirmed and answered; `freed` names earnings that a limit of times "
            "refused for this one's sake and that a correction may give their points now"
        },
    )


class AppealsQuery(PageQuery):
    open_only = Flag(load_default=False)
    overdue_only = Flag(load_default=False)


class ChangesBody(Body):
    """What was wrong with the deed; nothing, when only the rules were."""

    category = Text(1, 60)
    quantity = fields.String(
        validate=validate.Regexp(r"^(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?\Z"),
        metadata={"description": "a decimal, such as 1.5"},
    )
    assessed_points = Whole(0, 1_000_000)
    about = Text(1, 60, allow_none=True, metadata={"description": "of an act: whom or what it is about; kept sealed"})
    place = Text(
        1, 60, allow_none=True, metadata={"description": "of an act: where; null takes it away, as with the next"}
    )
    team = Id(allow_none=True)
    activity = Id(allow_none=True)
    facts = VerifiedFacts(metadata={"description": "what was verified and the rules ask for, by name"})


class EarningAppealAnswerBody(Body):
    decision = fields.String(required=True, validate=validate.OneOf(("uphold", "correct")))
    reason = Text(1, 500, required=True)
    changes = fields.Nested(ChangesBody, load_default=dict)


class CorrectionBody(Body):
    changes = fields.Nested(ChangesBody, required=True)
    reason = Text(1, 500, required=True)


class UndoingBody(Body):
    reason = Text(1, 500, required=True)


class DecliningBody(Body):
    reason = Text(1, 500, required=True)


class CorrectionSchema(Answer):
    id = fields.String(required=True)
    earning = fields.String(required=True)
    kind = fields.String(required=True)
    changes = fields.Function(worded.opened, metadata={"type": "object", "description": "as they were asked for"})
    reason = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "asked, confirmed or declined"})
    asked_by = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    answered_by = fields.String(required=True, allow_none=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    declined_because = fields.String(required=True, allow_none=True)
    points_before = fields.Integer(required=True)
    points_after = fields.Integer(required=True, metadata={"description": "what the rules give, before caps"})


CorrectionPageSchema = page_schema(CorrectionSchema)


class TopUpBody(Body):
    amount = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10**11))
    memo = Text(1, 200, required=True)


class TopUpSchema(Answer):
    id = fields.String(required=True)
    fund = fields.String(required=True)
    amount = fields.Integer(required=True)
    memo = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, metadata={"description": "accepted; or asked, then confirmed by another"})
    by = fields.String(required=True)
    confirmed_by = fields.String(required=True, allow_none=True)


TopUpPageSchema = page_schema(TopUpSchema)


class FundTitleSchema(Answer):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class FundSchema(Answer):
    name = fields.String(required=True)
    title = fields.Nested(FundTitleSchema, required=True)
    balance = fields.Integer(required=True)
    paid_in = fields.Integer(required=True)


class FundsSchema(Answer):
    items = fields.List(fields.Nested(FundSchema), required=True)
