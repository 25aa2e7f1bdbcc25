"""How a redemption comes in and looks outside, on the resident's side and at the counter."""

from __future__ import annotations

from marshmallow import fields

from backend.kit.http import Answer, Body, Query
from backend.kit.http.shapes import Count, Id, Text, Whole
from backend.rewards.schemas import RewardTitleSchema


class RedeemBody(Body):
    reward_id = Id(required=True)
    quantity = Whole(1, 1000, load_default=1)


class TrialQuery(Query):
    quantity = Count(1, 1000, load_default=1)


class TrialRefusalSchema(Answer):
    code = fields.String(required=True)
    said = fields.Nested(RewardTitleSchema, required=True)
    retry = fields.Boolean(required=True)


class TrialSchema(Answer):
    possible = fields.Boolean(required=True)
    available = fields.Integer(required=True, metadata={"description": "the resident's points now"})
    points = fields.Integer(required=True, allow_none=True, metadata={"description": "what it would take"})
    left = fields.Integer(required=True, allow_none=True, metadata={"description": "what would be left"})
    refusal = fields.Nested(TrialRefusalSchema, required=True, allow_none=True)


class RedemptionStepBody(Body):
    """An empty object."""


class RedeemedSchema(Answer):
    id = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "for the screen, as text or QR"})
    code_expires_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    points = fields.Integer(required=True)
    state = fields.String(required=True)


class RedemptionCodeSchema(Answer):
    id = fields.String(required=True, attribute="redemption")
    code = fields.String(required=True, attribute="text")
    code_expires_at = fields.AwareDateTime(required=True, attribute="expires_at")


class RedemptionSchema(Answer):
    id = fields.String(required=True)
    reward_id = fields.String(required=True)
    title = fields.Nested(RewardTitleSchema, required=True)
    quantity = fields.Integer(required=True)
    points = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"description": "held, captured, released or timed_out"})
    expires_at = fields.AwareDateTime(required=True)
    merchant = fields.String(allow_none=True)


class LookupBody(Body):
    code = Text(1, 200, required=True, metadata={"description": "what was scanned"})


class LookedUpSchema(Answer):
    id = fields.String(required=True, attribute="redemption.id")
    reward_id = fields.String(required=True, attribute="redemption.reward_id")
    title = fields.Nested(RewardTitleSchema, required=True, attribute="redemption.title")
    quantity = fields.Integer(required=True, attribute="redemption.quantity")
    points = fields.Integer(required=True, attribute="redemption.points")
    state = fields.String(required=True, attribute="redemption.state")
    expires_at = fields.AwareDateTime(required=True, attribute="redemption.expires_at")
    capture_before = fields.AwareDateTime(required=True, metadata={"description": "then it must be scanned again"})


class CapturedSchema(Answer):
    id = fields.String(required=True)
    receipt = fields.String(required=True, metadata={"description": "the id of the ledger's entry"})
    number = fields.Integer(required=True)
    points = fields.Integer(required=True)
    captured_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
