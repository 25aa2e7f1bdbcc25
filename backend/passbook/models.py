"""Decisions in the books: rule packs, earnings, and what became of each grant."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class RulePack(DistrictRow, Base):
    """A pack as it was written. Its text never changes; a better one is another row."""

    __tablename__ = "rule_pack"
    __table_args__ = (UniqueConstraint("district", "digest"), UniqueConstraint("district", "pack", "version"))

    pack: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    author: Mapped[str] = mapped_column(String(60))
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    publisher: Mapped[str | None] = mapped_column(String(60))
    published_at: Mapped[datetime | None] = mapped_column(Moment)


class Earning(DistrictRow, Base):
    """An approved deed and what the rules said of it. One deed earns once."""

    __tablename__ = "earning"
    __table_args__ = (
        UniqueConstraint("district", "kind", "deed"),
        Index("ix_earning_resident", "district", "resident", "kind", "at"),
        Index("ix_earning_place", "district", "place"),
        Index("ix_earning_team", "district", "team", "at"),
        Index("ix_earning_activity", "district", "activity"),
        Index("ix_earning_household", "district", "household", "at"),
    )

    kind: Mapped[str] = mapped_column(String(12))
    deed: Mapped[str] = mapped_column(String(36))
    category: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment)
    resident: Mapped[str] = mapped_column(String(36))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    street: Mapped[str | None] = mapped_column(String(9))
    activity: Mapped[str | None] = mapped_column(String(36))
    team: Mapped[str | None] = mapped_column(String(36))
    household: Mapped[str | None] = mapped_column(String(36))
    place: Mapped[str | None] = mapped_column(String(64))
    about: Mapped[str | None] = mapped_column(String(64))
    undone: Mapped[bool] = mapped_column(Boolean, default=False)
    approver: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime] = mapped_column(Moment)
    event: Mapped[str] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON; None while no pack is in force for the day of the deed."""


class GrantRow(DistrictRow, Base):
    """One rule's grant. Its id is the id of the posting, so repeating the posting is harmless."""

    __tablename__ = "earning_grant"
    __table_args__ = (
        ForeignKeyConstraint(["district", "earning"], ["earning.district", "earning.id"]),
        UniqueConstraint("district", "earning", "rule"),
        Index("ix_earning_grant_rule", "district", "rule"),
    )

    earning: Mapped[str] = mapped_column(String(36))
    rule: Mapped[str] = mapped_column(String(80))
    fund: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    state: Mapped[str] = mapped_column(String(10))
    """`waiting`, `posted`, `refused` or `undone`."""
    granted: Mapped[int] = mapped_column(BigInteger, default=0)
    cuts: Mapped[list[list[str | int]]] = mapped_column(JSON, default=list)
    reason: Mapped[str | None] = mapped_column(String(60))
    entry: Mapped[int | None] = mapped_column(BigInteger)


class GroupLock(Base):
    """One row for each group that tallies are counted over; locked while a decision of the group is made."""

    __tablename__ = "group_lock"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)


class FundTopUp(DistrictRow, Base):
    """Outside money that came in for a fund; its id is the id of the posting."""

    __tablename__ = "fund_top_up"

    fund: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    memo: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment)
    entry: Mapped[int | None] = mapped_column(BigInteger)
