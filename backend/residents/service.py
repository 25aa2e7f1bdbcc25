"""Residents come in by a WeChat code, and decide what may be kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.kit import audit
from backend.kit.auth.caller import Caller, sessions
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.db import db, find, once_more_if_raced, rows, transaction
from backend.places.service import street_of
from backend.residents.households.leaving import member_of, take_out
from backend.residents.models import Consent, Resident
from backend.wiring import district_of, parts, settings
from points.errors import Category, kind

RESIDENT_CLOSED = kind(
    "resident_account_closed",
    Category.FORBIDDEN,
    zh="此账号已停用；如有疑问可向工作人员申诉。",
    en="This account is closed; the staff can be asked why.",
)
CONSENT_NEEDED = kind(
    "consent_needed",
    Category.FORBIDDEN,
    zh="此操作需要您先同意：{purpose}。",
    en="This needs your consent first: {purpose}.",
    words={
        "purpose": {
            "position": "使用位置",
            "leaderboard": "参加排行展示",
            "public_notice": "公示姓名",
            "household": "登记住户",
        }
    },
)


class Purpose(StrEnum):
    """What a consent can be given for; each on its own."""

    POSITION = "position"  # where I am when I check in
    LEADERBOARD = "leaderboard"  # to be shown in a ranking
    PUBLIC_NOTICE = "public_notice"  # to be named in a public notice
    AGE = "age"  # to keep my birth date, for rules that ask for an age
    GUARDIAN = "guardian"  # a guardian agrees, for a child under 14
    HOUSEHOLD = "household"  # to keep whom I live with, for limits that count by household


@dataclass(frozen=True)
class SignedIn:
    token: str
    expires_at: datetime
    resident: Resident


def sign_in(code: str, district: str | None) -> SignedIn:
    """A single-use WeChat code becomes a session; the first sign-in makes the resident."""
    wanted = district_of(district)
    openid = parts().wechat.sign_in(code).openid
    resident = once_more_if_raced(lambda: _resident_of(wanted, openid))
    limits = settings().sessions
    token, session = sessions().begin(
        "resident",
        resident.id,
        wanted,
        roles=("resident",),
        life=timedelta(days=limits.resident_days),
        idle=timedelta(days=limits.resident_idle_days),
    )
    db.session.refresh(resident)
    if resident.closed:  # meanwhile: the closing ended the sessions that it found
        sessions().end(session)
        raise RESIDENT_CLOSED()
    return SignedIn(token, session.ends_at, resident)


def _resident_of(district: str, openid: str) -> Resident:
    """Who this is, welcomed if it is the first time."""
    with transaction():
        resident = _by_openid(district, openid) or _welcome(district, openid)
        if resident.closed:
            raise RESIDENT_CLOSED()
    return resident


def sign_out_everywhere(resident: Resident) -> None:
    """End every session of a resident who was closed."""
    sessions().end_all("resident", resident.district, resident.id)


def sign_out(caller: Caller) -> None:
    """End this session."""
    if caller.session is not None:
        sessions().end(caller.session)


def me(caller: Caller) -> Resident:
    return find(Resident, caller.district, caller.id)


def change_me(caller: Caller, name: str | None, street: str | None) -> Resident:
    """A resident says how to be called, and where they live."""
    with transaction():
        resident = find(Resident, caller.district, caller.id, lock=True)
        if name is not None:
            resident.name_sealed = cipher().seal(_place(resident.id), name)
        if street is not None:
            resident.street = street_of(caller.district, street).code
    return resident


def name_of(resident: Resident) -> str:
    """The name a resident gave, for themselves only."""
    return cipher().open(_place(resident.id), resident.name_sealed) if resident.name_sealed else ""


def masked_name(resident: Resident) -> str:
    """The name as others see it: its first character and stars."""
    name = name_of(resident)
    return f"{name[0]}{'*' * max(1, len(name) - 1)}" if name else "居民"


def consents(district: str, resident: str) -> set[Purpose]:
    """What a resident consents to at present."""
    query = rows(Consent, district).where(Consent.resident == resident, Consent.withdrawn_at.is_(None))
    return {Purpose(consent.purpose) for consent in db.session.scalars(query)}


def require_consent(district: str, resident: str, purpose: Purpose) -> None:
    """Refused with `consent_needed` unless the resident consents to this purpose now."""
    if purpose not in consents(district, resident):
        raise CONSENT_NEEDED(purpose=purpose.value)


def set_consent(caller: Caller, purpose: Purpose, given: bool) -> set[Purpose]:
    """Give or withdraw a consent; both are one step. With it goes the birth date, or the place in a household."""
    with transaction():
        resident = find(Resident, caller.district, caller.id, lock=True)
        if purpose in (Purpose.AGE, Purpose.GUARDIAN) and not given and purpose in consents(*_key(caller)):
            resident.birth_sealed = None
        own = None if given or purpose is not Purpose.HOUSEHOLD else member_of(*_key(caller))
        if own is not None:
            take_out(own)
        record_consent(caller, purpose, given=given)
        audit.record(
            caller.district,
            caller.name,
            "consent.given" if given else "consent.withdrawn",
            caller.name,
            purpose=purpose,
        )
    return consents(*_key(caller))


def record_consent(caller: Caller, purpose: Purpose, *, given: bool) -> None:
    """Write down, in the open transaction, that a consent holds from now on or no more."""
    query = rows(Consent, caller.district).where(
        Consent.resident == caller.id, Consent.purpose == purpose.value, Consent.withdrawn_at.is_(None)
    )
    standing = db.session.scalar(query)
    if given and standing is None:
        row = Consent(district=caller.district, id=fresh_id(), resident=caller.id, purpose=purpose.value)
        row.given_at = now()
        db.session.add(row)
    elif not given and standing is not None:
        standing.withdrawn_at = now()


def _key(caller: Caller) -> tuple[str, str]:
    return caller.district, caller.id


def _by_openid(district: str, openid: str) -> Resident | None:
    index = cipher().index("openid", openid)
    return db.session.scalar(rows(Resident, district).where(Resident.openid_index == index))


def _welcome(district: str, openid: str) -> Resident:
    identifier = fresh_id()
    resident = Resident(
        district=district,
        id=identifier,
        openid_index=cipher().index("openid", openid),
        openid_sealed=cipher().seal(f"resident:{identifier}:openid", openid),
        closed=False,
        created_at=now(),
    )
    db.session.add(resident)
    return resident


def _place(identifier: str) -> str:
    return f"resident:{identifier}:name"
