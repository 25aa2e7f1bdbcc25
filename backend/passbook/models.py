"""Decisions in the books: rule packs, earnings, and what became of each grant."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.appeals import Objection
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
    cases: Mapped[str | None] = mapped_column(Text)
    case_count: Mapped[int] = mapped_column(Integer, default=0)
    case_misses: Mapped[list[str]] = mapped_column(JSON, default=list)
    simulation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the pack would have given for real deeds, beside the pack in force then."""
    suspension_reason: Mapped[str | None] = mapped_column(String(500))
    suspension_asked_by: Mapped[str | None] = mapped_column(String(60))
    suspension_asked_at: Mapped[datetime | None] = mapped_column(Moment)
    suspended_by: Mapped[str | None] = mapped_column(String(60))
    suspended_at: Mapped[datetime | None] = mapped_column(Moment)


class Earning(DistrictRow, Base):
    """An approved deed and what the rules said of it. One deed earns once."""

    __tablename__ = "earning"
    __table_args__ = (
        UniqueConstraint("district", "kind", "deed"),
        Index("ix_earning_resident", "district", "resident", "kind", "at"),
        Index("ix_earning_decided", "district", "decided_at", "at", "id"),
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
    approved_at: Mapped[datetime] = mapped_column(Moment)
    decided_at: Mapped[datetime] = mapped_column(Moment)
    problem: Mapped[str | None] = mapped_column(String(60))
    """Why the pack of the day could not decide it, by the refusal's code; a correction mends it."""
    event: Mapped[str] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON; None while no pack is in force for the day of the deed."""


class GrantRow(DistrictRow, Base):
    """Points by one rule. Its id is the id of the posting, so repeating the posting is harmless.

    A correction adds rows, under the next `number`; what a row undid is told by its `reversal`, `lost` and `kept`.
    """

    __tablename__ = "earning_grant"
    __table_args__ = (
        ForeignKeyConstraint(["district", "earning"], ["earning.district", "earning.id"]),
        UniqueConstraint("district", "earning", "rule", "number"),
        Index("ix_earning_grant_rule", "district", "rule"),
    )

    earning: Mapped[str] = mapped_column(String(36))
    rule: Mapped[str] = mapped_column(String(80))
    fund: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    state: Mapped[str] = mapped_column(String(10))
    """`waiting`, `posted`, `refused`, `undoing` or `undone`."""
    granted: Mapped[int] = mapped_column(BigInteger, default=0)
    cuts: Mapped[list[list[str | int]]] = mapped_column(JSON, default=list)
    reason: Mapped[str | None] = mapped_column(String(60))
    entry: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(Integer, default=1)
    correction: Mapped[str | None] = mapped_column(String(36))
    kept: Mapped[int] = mapped_column(BigInteger, default=0)
    """Points of a grant this one replaces that were spent already; they stay and count as given by this one."""
    behind: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))
    """Whether it waits until what it replaces is undone, and is then less by what was spent of the deed."""
    reversal: Mapped[str | None] = mapped_column(String(36))
    """The id of the posting that undoes this grant."""
    lost: Mapped[int] = mapped_column(BigInteger, default=0)
    """Points that were spent before the grant was undone: the fund's loss, nobody's debt."""


class Correction(DistrictRow, Base):
    """A decision is to be made anew, or undone: asked by one, confirmed by another."""

    __tablename__ = "earning_correction"
    __table_args__ = (
        ForeignKeyConstraint(["district", "earning"], ["earning.district", "earning.id"]),
        Index(None, "district", "earning"),
        Index(
            "uq_earning_correction_asked",
            "district",
            "earning",
            unique=True,
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
    )

    earning: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(12))
    """`correction` or `undoing`."""
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(12))
    """`asked`, `confirmed` or `declined`."""
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    before: Mapped[str | None] = mapped_column(Text)
    """The decision that was corrected, canonical JSON; None where the deed had waited for rules."""
    points_before: Mapped[int] = mapped_column(BigInteger)
    points_after: Mapped[int] = mapped_column(BigInteger)
    appeal: Mapped[str | None] = mapped_column(String(36))
    """The appeal it answers; None where the staff found the mistake themselves."""
    declined_because: Mapped[str | None] = mapped_column(String(500))


class EarningAppeal(Objection, DistrictRow, Base):
    """A resident's objection to what a deed earned, once an earning."""

    __tablename__ = "earning_appeal"
    __table_args__ = (
        ForeignKeyConstraint(["district", "earning"], ["earning.district", "earning.id"]),
        UniqueConstraint("district", "earning"),
    )

    earning: Mapped[str] = mapped_column(String(36))
    correction: Mapped[str | None] = mapped_column(String(36))


class GroupLock(Base):
    """One row for each group that tallies are counted over, or matter that one at a time decides; see `locks`."""

    __tablename__ = "group_lock"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)


class KeptRoom(Base):
    """Points under a cap that a corrected grant keeps because they were spent; the ledger counts them no more.

    Not `settled` while the undoing is on its way.
    """

    __tablename__ = "kept_room"
    __table_args__ = (Index("ix_kept_room_grant", "district", "grant"),)

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    cap: Mapped[str] = mapped_column(String(200), primary_key=True)
    grant: Mapped[str] = mapped_column(String(36), primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)
    settled: Mapped[bool] = mapped_column(Boolean)


class RedemptionTurn(DistrictRow, Base):
    """A redemption that counts against the limits of a pack, where it has any; the id is the redemption's."""

    __tablename__ = "redemption_turn"
    __table_args__ = (Index(None, "district", "resident", "at"),)

    resident: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(8))
    """`open` while it may still come to nothing; `returned` when it was refused; in the end `used` or `void`."""


class FundTopUp(DistrictRow, Base):
    """Outside money that came in for a fund; `posting` is the id of its entry, made when it was accepted."""

    __tablename__ = "fund_top_up"

    fund: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    memo: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12))
    """`asked` while it waits for a second person, then `confirmed`; `accepted` where one person is enough."""
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    posting: Mapped[str | None] = mapped_column(String(36))
    entry: Mapped[int | None] = mapped_column(BigInteger)
