"""Staff sign in with name, password and a one-time code; an admin says who is staff and which system is a partner."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import column, select, table

from backend.kit import audit
from backend.kit.auth import Caller, Role, loader
from backend.kit.auth.caller import sessions
from backend.kit.auth.passwords import hash_password, new_otp_secret, otp_step, password_matches
from backend.kit.auth.permissions import STAFF_ROLES
from backend.kit.auth.tries import SIGN_IN_FAILED, Tries
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.db import db, find, rows, transaction
from backend.staff.models import Partner, StaffMember
from backend.wiring import district_of, settings
from points.errors import Category, kind

NAME_TAKEN = kind("name_taken", Category.CONFLICT, zh="这个名称已被使用。", en="This name is taken.")
SETUP_INVALID = kind(
    "setup_token_invalid",
    Category.UNAUTHENTICATED,
    zh="设置密码的链接无效或已用过。",
    en="This one-time link is wrong, used or too old.",
)
OWN_ROW = kind(
    "own_row",
    Category.FORBIDDEN,
    zh="不能更改自己的记录，请由另一位管理员办理。",
    en="Nobody changes their own record; another admin does it.",
)
RESIDENT_UNKNOWN = kind(
    "linked_resident_unknown", Category.INVALID, zh="本区没有这位居民。", en="This district has no such resident."
)
RESIDENT_TAKEN = kind(
    "linked_resident_taken",
    Category.CONFLICT,
    zh="这位居民已关联另一个工作人员账号。",
    en="This resident is linked to another member of staff already.",
)
SETUP_LIFE = timedelta(hours=24)
UNCHANGED = "unchanged"
_RESIDENTS = table("resident", column("district"), column("id"))


@dataclass(frozen=True)
class SignedIn:
    token: str
    expires_at: datetime
    staff: StaffMember


@dataclass(frozen=True)
class Invited:
    """A new member, and the token with which they set their password, once."""

    staff: StaffMember
    setup_token: str


@dataclass(frozen=True)
class Enrolled:
    """What a member needs to make one-time codes."""

    otp_secret: str
    otp_uri: str


@dataclass(frozen=True)
class NewPartner:
    partner: Partner
    api_key: str


def sign_in(name: str, password: str, otp: str | None, district: str | None) -> SignedIn:
    """Name, password, one-time code become a session. All wrong answers look and take alike; five lock the name."""
    member = prove(name, password, otp, district)
    limits = settings().sessions
    token, session = sessions().begin(
        "staff",
        member.id,
        member.district,
        roles=tuple(member.roles),
        life=timedelta(hours=limits.staff_hours),
        idle=timedelta(minutes=limits.staff_idle_minutes),
    )
    return SignedIn(token, session.ends_at, member)


def prove(name: str, password: str, otp: str | None, district: str | None) -> StaffMember:
    """Who this is, as a sign-in proves it, the code used up, without a session.

    Refused: `sign_in_failed`, `sign_in_locked`.
    """
    wanted = district_of(district)
    tries = Tries("staff", wanted, name)
    tries.take()
    member = db.session.scalar(rows(StaffMember, wanted).where(StaffMember.name == name))
    right = password_matches(member.password_hash if member else None, password)
    if member is None or not right or not _code_used_up(wanted, member.id, otp):
        tries.failed()
        raise SIGN_IN_FAILED()
    tries.succeeded()
    return member


def _code_used_up(district: str, identifier: str, otp: str | None) -> bool:
    """Whether the one-time code is right; it is not right a second time. A member without a secret has none to give."""
    with transaction():
        member = find(StaffMember, district, identifier, lock=True)
        if member.closed or member.otp_sealed is None:
            return not member.closed
        secret = cipher().open(f"staff_member:{member.id}:otp", member.otp_sealed)
        step = otp_step(secret, otp or "", int(now().timestamp()), member.otp_last_step)
        if step is not None:
            member.otp_last_step = step
    return step is not None


def invite(district: str | None, by: str, name: str, roles: list[Role], resident: str | None = None) -> Invited:
    """Make a member who cannot sign in before setting a password with the token answered here."""
    wanted = district_of(district)
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        if session.scalar(rows(StaffMember, wanted).where(StaffMember.name == name)):
            raise NAME_TAKEN()
        _check_link(wanted, resident)
        member = StaffMember(
            district=wanted,
            id=fresh_id(),
            name=name,
            password_hash="",
            otp_last_step=0,
            roles=sorted(role.value for role in roles),
            resident=resident,
            closed=False,
            setup_hash=_hash(token),
            setup_until=now() + SETUP_LIFE,
            created_at=now(),
        )
        session.add(member)
        granted = ",".join(member.roles)
        audit.record(wanted, by, "staff.invited", f"staff:{member.id}", roles=granted, resident=resident)
    return Invited(member, token)


def set_password(token: str, password: str) -> Enrolled:
    """Use the one-time token: set the password, get the secret of the one-time codes. All old sessions end."""
    if not db.session.query(StaffMember).where(StaffMember.setup_hash == _hash(token)).count():
        raise SETUP_INVALID()  # before the costly part, which is for those who were invited
    hashed = hash_password(password)
    with transaction() as session:
        member = (
            session.query(StaffMember).where(StaffMember.setup_hash == _hash(token)).with_for_update().one_or_none()
        )
        if member is None or member.setup_until is None or member.setup_until < now():
            raise SETUP_INVALID()
        secret = new_otp_secret()
        member.password_hash, member.setup_hash, member.setup_until = hashed, None, None
        member.otp_sealed = cipher().seal(f"staff_member:{member.id}:otp", secret)
        audit.record(member.district, f"staff:{member.id}", "staff.password_set", f"staff:{member.id}")
    sessions().end_all("staff", member.district, member.id)
    return Enrolled(secret, f"otpauth://totp/civic:{member.id}?secret={secret}&issuer=civic")


def change(
    caller: Caller, identifier: str, roles: list[Role], closed: bool, resident: str | None = UNCHANGED
) -> StaffMember:
    """What a member may do from the next request on, and which resident they are; a closed one's sessions end at once.

    Refused: `own_row`, so that nobody lifts their own recusal; `linked_resident_unknown`.
    """
    with transaction():
        member = find(StaffMember, caller.district, identifier, lock=True)
        if member.id == caller.id:
            raise OWN_ROW()
        if resident != UNCHANGED:
            _check_link(caller.district, resident, member.id)
            member.resident = resident
        member.roles, member.closed = sorted(role.value for role in roles), closed
        audit.record(
            caller.district,
            caller.name,
            "staff.changed",
            f"staff:{member.id}",
            roles=",".join(member.roles),
            closed=closed,
            resident=member.resident,
        )
    if closed:
        sessions().end_all("staff", caller.district, identifier)
    return member


def _check_link(district: str, resident: str | None, member: str = "") -> None:
    """A link names a resident of the district, and one that no other member has: two accounts are two people."""
    if resident is None:
        return
    known = select(_RESIDENTS.c.id).where(_RESIDENTS.c.district == district, _RESIDENTS.c.id == resident)
    if db.session.scalar(known.with_for_update()) is None:
        raise RESIDENT_UNKNOWN()
    others = rows(StaffMember, district).where(StaffMember.resident == resident, StaffMember.id != member)
    if db.session.scalar(others) is not None:
        raise RESIDENT_TAKEN()


def add_partner(caller: Caller, name: str) -> NewPartner:
    """Another system gets a key; it is shown once."""
    return make_partner(caller.district, caller.name, name)


def make_partner(district: str, by: str, name: str) -> NewPartner:
    """As `add_partner`, for the command line."""
    key = secrets.token_urlsafe(32)
    with transaction() as session:
        if session.scalar(rows(Partner, district).where(Partner.name == name)):
            raise NAME_TAKEN()
        partner = Partner(
            district=district, id=fresh_id(), name=name, key_hash=_hash(key), closed=False, created_at=now()
        )
        session.add(partner)
        audit.record(district, by, "partner.added", f"partner:{partner.id}")
    return NewPartner(partner, key)


def partner_by_key(key: str) -> Partner | None:
    """The open partner a key belongs to."""
    return db.session.query(Partner).where(Partner.key_hash == _hash(key), Partner.closed.is_(False)).one_or_none()


def is_same_person(district: str, staff: str, resident: str) -> bool:
    """Whether a staff member is this resident in private: nobody decides on a claim of their own."""
    member = db.session.get(StaffMember, (district, staff))
    return member is not None and member.resident == resident


@loader("staff")
def _roles_now(district: str, identifier: str) -> frozenset[Role] | None:
    member = db.session.get(StaffMember, (district, identifier), populate_existing=True)
    roles = None if member is None or member.closed else frozenset(Role(role) for role in member.roles) & STAFF_ROLES
    db.session.rollback()
    return roles


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
