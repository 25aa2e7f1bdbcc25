"""A household is founded by its head, joined by invitation or through the staff, and left at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from backend.kit import audit
from backend.kit.auth.caller import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.typed_codes import as_made, new_code
from backend.residents.households.leaving import member_of, take_out
from backend.residents.households.models import Household, HouseholdInvitation, HouseholdMember
from backend.residents.models import Resident
from backend.residents.service import Purpose, masked_name, record_consent, require_consent
from points.errors import Category, kind

MOST_MEMBERS = 10
LIFE = timedelta(days=2)
ALREADY = kind(
    "household_already",
    Category.CONFLICT,
    zh="已经登记在一户里；请先退出。",
    en="This resident belongs to a household; leave it first.",
)
HEAD_ONLY = kind(
    "household_head_only",
    Category.FORBIDDEN,
    zh="只有户里的登记人可以邀请或移出成员。",
    en="Only the head of the household invites and removes.",
)
CODE_WRONG = kind(
    "household_code_wrong",
    Category.INVALID,
    zh="邀请码不对、已用过或已过期。",
    en="This invitation is wrong, used or has run out.",
)
FULL = kind("household_full", Category.CONFLICT, zh="一户最多 {most} 人。", en="A household has at most {most} people.")


@dataclass(frozen=True)
class Place:
    """One member as the others see them: the place's id, never the resident's."""

    id: str
    name: str
    head: bool
    me: bool
    joined_at: datetime


@dataclass(frozen=True)
class Invited:
    code: str
    expires_at: datetime


def mine(caller: Caller) -> list[Place]:
    """Who is in my household, the head first, then the longest there; nobody when I am in none."""
    own = member_of(caller.district, caller.id)
    if own is None:
        return []
    home = find(Household, caller.district, own.household)
    query = rows(HouseholdMember, caller.district).where(HouseholdMember.household == home.id)
    members = sorted(db.session.scalars(query), key=lambda each: (each.resident != home.head, each.joined_at, each.id))
    residents = rows(Resident, caller.district).where(Resident.id.in_([each.resident for each in members]))
    names = {each.id: masked_name(each) for each in db.session.scalars(residents)}
    return [
        Place(each.id, names[each.resident], each.resident == home.head, each.resident == caller.id, each.joined_at)
        for each in members
    ]


def found(caller: Caller) -> list[Place]:
    """Found a household of one; whoever founds it consents to its being kept. Refused: `household_already`."""
    with transaction():
        _held(caller.district, caller.id)
        _found(caller.district, caller.id)
        record_consent(caller, Purpose.HOUSEHOLD, given=True)
        audit.record(caller.district, caller.name, "household.founded", caller.name)
    return mine(caller)


def invite(caller: Caller) -> Invited:
    """A code for one person, good for two days. Refused: `not_found` without a household, `household_head_only`."""
    with transaction() as session:
        home = _headed(caller)
        of_home = (HouseholdInvitation.district == home.district, HouseholdInvitation.household == home.id)
        session.execute(delete(HouseholdInvitation).where(*of_home, _ran_out()))
        code = new_code()
        made = HouseholdInvitation(
            district=home.district,
            id=fresh_id(),
            household=home.id,
            code_index=_index(home.district, code),
            expires_at=now() + LIFE,
        )
        session.add(made)
    return Invited(code, made.expires_at)


def join(caller: Caller, code: str) -> list[Place]:
    """Join by a code, which is consent. Refused: `household_code_wrong`, `household_already`, `household_full`."""
    with transaction() as session:
        _held(caller.district, caller.id)
        query = rows(HouseholdInvitation, caller.district).where(
            HouseholdInvitation.code_index == _index(caller.district, as_made(code)), ~_ran_out()
        )
        named = session.scalar(query)
        if named is None:
            raise CODE_WRONG()
        _hold(caller.district, named.household)  # before its invitation, as whoever leaves does
        invitation = session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if invitation is None:
            raise CODE_WRONG()
        _add(caller.district, invitation.household, caller.id)
        session.delete(invitation)
        record_consent(caller, Purpose.HOUSEHOLD, given=True)
        audit.record(caller.district, caller.name, "household.joined", caller.name)
    return mine(caller)


def leave(caller: Caller) -> None:
    """Leave, which takes the consent back; done too when I am in none."""
    with transaction():
        find(Resident, caller.district, caller.id, lock=True)
        own = member_of(caller.district, caller.id)
        if own is not None:
            take_out(own)
            audit.record(caller.district, caller.name, "household.left", caller.name)
        record_consent(caller, Purpose.HOUSEHOLD, given=False)


def remove(caller: Caller, place: str) -> None:
    """The head lets somebody go. Refused: `not_found`, `household_head_only`."""
    with transaction():
        home = _headed(caller)
        member = find(HouseholdMember, caller.district, place)
        if member.household != home.id:
            raise NOT_FOUND()
        gone = member.resident
        take_out(member)
        audit.record(caller.district, caller.name, "household.removed", f"resident:{gone}")


def put(caller: Caller, resident: str, head: str) -> None:
    """The staff put somebody who consents into the household of `head`, out of the one they were in.

    Refused: `not_found`, `consent_needed` (of either), `household_full`.
    """
    with transaction():
        for each in sorted({resident, head}):
            find(Resident, caller.district, each, lock=True)
            require_consent(caller.district, each, Purpose.HOUSEHOLD)
        _hold(caller.district, *(each.household for each in _members(caller.district, resident, head)))
        own, home = member_of(caller.district, resident), member_of(caller.district, head)
        if own is not None and home is not None and own.household == home.household:
            return
        if own is not None and resident != head:
            take_out(own)
        household = home.household if home is not None else _found(caller.district, head)
        if resident != head:
            _add(caller.district, household, resident)
        audit.record(caller.district, caller.name, "household.put", f"resident:{resident}", head=f"resident:{head}")


def take_away(caller: Caller, resident: str) -> None:
    """The staff take somebody out of their household; done too when they are in none. Refused: `not_found`."""
    with transaction():
        find(Resident, caller.district, resident, lock=True)
        own = member_of(caller.district, resident)
        if own is not None:
            take_out(own)
            audit.record(caller.district, caller.name, "household.removed", f"resident:{resident}")


def household_of(district: str, resident: str) -> str | None:
    """The id of a resident's household now; it says nothing of who else is in it."""
    own = member_of(district, resident)
    return own.household if own is not None else None


def _held(district: str, resident: str) -> None:
    """Hold a resident who is in no household; refused with `household_already`."""
    find(Resident, district, resident, lock=True)
    if member_of(district, resident) is not None:
        raise ALREADY()


def _hold(district: str, *households: str) -> None:
    """Hold these in one order until the commit: after residents, before members and invitations; then look again."""
    these = rows(Household, district).where(Household.id.in_(households)).order_by(Household.id)
    db.session.scalars(these.with_for_update().execution_options(populate_existing=True)).all()


def _members(district: str, *residents: str) -> list[HouseholdMember]:
    found = (member_of(district, each) for each in residents)
    return [each for each in found if each is not None]


def _headed(caller: Caller) -> Household:
    own = member_of(caller.district, caller.id)
    if own is None:
        raise NOT_FOUND()
    home = find(Household, caller.district, own.household, lock=True)
    if home.head != caller.id:
        raise HEAD_ONLY()
    return home


def _found(district: str, head: str) -> str:
    home = Household(district=district, id=fresh_id(), head=head, founded_at=now())
    db.session.add(home)
    db.session.flush()
    _add(district, home.id, head)
    return home.id


def _add(district: str, household: str, resident: str) -> None:
    find(Household, district, household, lock=True, missing=CODE_WRONG)
    count = select(func.count()).select_from(HouseholdMember)
    inside = (HouseholdMember.district == district, HouseholdMember.household == household)
    if int(db.session.scalar(count.where(*inside)) or 0) >= MOST_MEMBERS:
        raise FULL(most=MOST_MEMBERS)
    member = HouseholdMember(district=district, id=fresh_id(), household=household, resident=resident, joined_at=now())
    db.session.add(member)
    db.session.flush()


def _ran_out() -> ColumnElement[bool]:
    return HouseholdInvitation.expires_at <= now()


def _index(district: str, code: str) -> str:
    return cipher().index("household-invitation", f"{district}\n{code}")
