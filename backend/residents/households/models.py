"""Households, their members and open invitations in the books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Household(DistrictRow, Base):
    """People who live together, one of whom invites the others. It ends with the last of them."""

    __tablename__ = "household"
    __table_args__ = (ForeignKeyConstraint(["district", "head"], ["resident.district", "resident.id"]),)

    head: Mapped[str] = mapped_column(String(36))
    founded_at: Mapped[datetime] = mapped_column(Moment)


class HouseholdMember(DistrictRow, Base):
    """Somebody of a household, the head too. Deleted when they leave; a resident is in one household at most."""

    __tablename__ = "household_member"
    __table_args__ = (
        ForeignKeyConstraint(["district", "household"], ["household.district", "household.id"]),
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        UniqueConstraint("district", "resident"),
        Index(None, "district", "household"),
    )

    household: Mapped[str] = mapped_column(String(36))
    resident: Mapped[str] = mapped_column(String(36))
    joined_at: Mapped[datetime] = mapped_column(Moment)


class HouseholdInvitation(DistrictRow, Base):
    """A code that lets one person in, once; deleted when it is used, its household ends or, run out, invites anew."""

    __tablename__ = "household_invitation"
    __table_args__ = (
        ForeignKeyConstraint(["district", "household"], ["household.district", "household.id"]),
        UniqueConstraint("district", "code_index"),
        Index(None, "district", "household"),
    )

    household: Mapped[str] = mapped_column(String(36))
    code_index: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Moment)
