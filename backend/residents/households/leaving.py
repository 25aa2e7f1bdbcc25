"""Somebody leaves a household, inside the open transaction; nothing of the membership is kept."""

from __future__ import annotations

from sqlalchemy import delete, select

from backend.kit.db import db, rows
from backend.residents.households.models import Household, HouseholdInvitation, HouseholdMember


def member_of(district: str, resident: str) -> HouseholdMember | None:
    """The resident's place in a household, or None."""
    return db.session.scalar(rows(HouseholdMember, district).where(HouseholdMember.resident == resident))


def take_out(member: HouseholdMember) -> None:
    """Delete the place. A head is followed by whoever has been there longest; an empty household ends.

    Done too when somebody else deleted it while the household was waited for.
    """
    homes = rows(Household, member.district).where(Household.id == member.household).with_for_update()
    home = db.session.scalar(homes.execution_options(populate_existing=True))
    place = select(HouseholdMember.id).where(
        HouseholdMember.district == member.district, HouseholdMember.id == member.id
    )
    if home is None or db.session.scalar(place) is None:
        db.session.expunge(member)
        return
    db.session.delete(member)
    db.session.flush()
    others = rows(HouseholdMember, home.district).where(HouseholdMember.household == home.id)
    next_head = db.session.scalar(others.order_by(HouseholdMember.joined_at, HouseholdMember.id).limit(1))
    if next_head is None:
        open_ones = (HouseholdInvitation.district == home.district, HouseholdInvitation.household == home.id)
        db.session.execute(delete(HouseholdInvitation).where(*open_ones))
        db.session.delete(home)
    elif home.head == member.resident:
        home.head = next_head.resident
