"""A new resident names who brought them: once, within the first days, somebody who was there before, never oneself."""

from __future__ import annotations

from datetime import timedelta

from backend.kit import audit
from backend.kit.auth.caller import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, ensure, find, rows, transaction
from backend.kit.typed_codes import as_made, new_code
from backend.residents.models import Resident
from backend.residents.referrals.models import Referral, ReferralCode
from points.errors import Category, kind

DAYS = 7
CODE_UNKNOWN = kind(
    "referral_code_unknown", Category.INVALID, zh="没有这个推荐码。", en="There is no such referral code."
)
OWN_CODE = kind(
    "referral_own", Category.INVALID, zh="不能填写自己的推荐码。", en="Nobody brings themselves: this code is your own."
)
NOT_BEFORE = kind(
    "referral_not_before",
    Category.INVALID,
    zh="推荐人须在您之前加入。",
    en="Who brought you must have been here before you.",
)
TWICE = kind(
    "referral_twice", Category.CONFLICT, zh="已经填写过推荐人，不能更改。", en="You named somebody already; it stays."
)
TOO_LATE = kind(
    "referral_too_late",
    Category.CONFLICT,
    zh="只能在首次登录后 {days} 天内填写推荐人。",
    en="Who brought you is named within {days} days of the first sign-in.",
)


def code_of(caller: Caller) -> str:
    """My code, made when it is asked for first; the same ever after."""
    with transaction():
        ensure(ReferralCode, {"district": caller.district, "id": caller.id, "code": new_code()})
        return find(ReferralCode, caller.district, caller.id).code


def of_newcomer(caller: Caller) -> Referral | None:
    """Whom I named, if anybody."""
    return db.session.scalar(rows(Referral, caller.district).where(Referral.newcomer == caller.id))


def name(caller: Caller, code: str) -> Referral:
    """Say who brought me.

    Refused: `referral_too_late`, `referral_twice`, `referral_code_unknown`, `referral_own`, `referral_not_before`.
    """
    with transaction() as session:
        newcomer = find(Resident, caller.district, caller.id, lock=True)
        if newcomer.created_at < now() - timedelta(days=DAYS):
            raise TOO_LATE(days=DAYS)
        if of_newcomer(caller) is not None:
            raise TWICE()
        referrer = _owner(caller.district, code)
        if referrer.id == newcomer.id:
            raise OWN_CODE()
        if (referrer.created_at, referrer.id) >= (newcomer.created_at, newcomer.id):
            raise NOT_BEFORE()
        made = Referral(
            district=caller.district, id=fresh_id(), newcomer=newcomer.id, referrer=referrer.id, named_at=now()
        )
        session.add(made)
        audit.record(caller.district, caller.name, "referral.named", caller.name, referrer=f"resident:{referrer.id}")
    return made


def _owner(district: str, code: str) -> Resident:
    found = db.session.scalar(rows(ReferralCode, district).where(ReferralCode.code == as_made(code)))
    owner = find(Resident, district, found.id) if found is not None else None
    if owner is None or owner.closed:
        raise CODE_UNKNOWN()
    return owner
