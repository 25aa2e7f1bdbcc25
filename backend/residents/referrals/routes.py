"""Referrals over HTTP: my code to give away, and who brought me."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Caller
from backend.kit.http import Endpoints
from backend.residents.referrals import schemas, service
from backend.residents.referrals.models import Referral

endpoints = Endpoints("referrals", __name__, description="推荐新志愿者 · referrals")


@endpoints.endpoint("PUT", "/me/referral-code", may="me", answer=schemas.ReferralCodeSchema)
def see_referral_code(caller: Caller) -> dict[str, str]:
    """The code I give to whom I bring; made at the first request, then always the same."""
    return {"code": service.code_of(caller)}


@endpoints.endpoint("GET", "/me/referral", may="me", answer=schemas.ReferralSchema)
def see_referral(caller: Caller) -> dict[str, Any]:
    """Whether I named who brought me."""
    named = service.of_newcomer(caller)
    return {"named_at": named.named_at if named else None}


@endpoints.endpoint(
    "POST", "/me/referral", may="me", body=schemas.ReferralBody, answer=schemas.ReferralSchema, status=201
)
def name_referrer(caller: Caller, body: dict[str, Any]) -> Referral:
    """Say who brought me, once, in my first days; they earn by the rules when my first deed is approved."""
    return service.name(caller, **body)
