"""Tickets, the steps they took, and the groups whose members report them, in the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment

REPORTER, PARTNER = "reporter", "open311"
"""The sources of our own; any other came by import."""


class Ticket(DistrictRow, Base):
    """Something wrong with a place. `lat` and `lon` are WGS84; what the phone said is kept beside its datum."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("district", "source", "source_id"),
        ForeignKeyConstraint(["district", "reporter"], ["resident.district", "resident.id"]),
        ForeignKeyConstraint(["district", "partner"], ["partner.district", "partner.id"]),
        ForeignKeyConstraint(["district", "duplicate_of"], ["ticket.district", "ticket.id"]),
        Index("ix_ticket_reporter", "district", "reporter"),
        Index("ix_ticket_state", "district", "state"),
        Index("ix_ticket_near", "district", "category", "reported_at"),
        Index("ix_ticket_reported", "district", "reported_at"),
        Index("ix_ticket_original", "district", "duplicate_of"),
    )

    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(40))
    description: Mapped[str | None] = mapped_column(Text)
    lat: Mapped[float | None] = mapped_column(Double)
    lon: Mapped[float | None] = mapped_column(Double)
    given_position: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    street: Mapped[str | None] = mapped_column(String(9))
    address: Mapped[str | None] = mapped_column(String(200))
    photos: Mapped[list[str]] = mapped_column(JSON)
    after_photos: Mapped[list[str]] = mapped_column(JSON)
    reporter: Mapped[str | None] = mapped_column(String(36))
    partner: Mapped[str | None] = mapped_column(String(36))

    state: Mapped[str] = mapped_column(String(12))
    reported_at: Mapped[datetime] = mapped_column(Moment)
    response_due_at: Mapped[datetime | None] = mapped_column(Moment)
    responded_at: Mapped[datetime | None] = mapped_column(Moment)
    filed_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    due_provisional: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    dispatched_at: Mapped[datetime | None] = mapped_column(Moment)
    fixed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    unit: Mapped[str | None] = mapped_column(String(30))
    verified_by: Mapped[str | None] = mapped_column(String(36))
    fixed_by: Mapped[str | None] = mapped_column(String(36))
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why it was refused, for its reporter."""
    fix_note: Mapped[str | None] = mapped_column(String(1000))
    rating: Mapped[int | None] = mapped_column(Integer)
    rating_note: Mapped[str | None] = mapped_column(String(500))
    duplicate_of: Mapped[str | None] = mapped_column(String(36))
    rank: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    """1 for the first report of a thing, 2 for the next."""
    earning: Mapped[str | None] = mapped_column(String(36))
    step_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    marks: Mapped[list[str]] = mapped_column(JSON)
    """What is odd about an imported row."""
    origin: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    """An imported row's own words: category, area, channel, how it was closed."""


class TicketStep(DistrictRow, Base):
    """One step a ticket took; `by` names an office, never a person, so that it can be shown."""

    __tablename__ = "ticket_step"
    __table_args__ = (
        ForeignKeyConstraint(["district", "ticket"], ["ticket.district", "ticket.id"]),
        UniqueConstraint("district", "ticket", "number"),
    )

    ticket: Mapped[str] = mapped_column(String(36))
    number: Mapped[int] = mapped_column(Integer)
    """1, 2, 3 … for each ticket."""
    step: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(10))
    """`reporter`, `staff`, `unit` or `partner`."""
    note: Mapped[str | None] = mapped_column(String(1000))


class ReporterGroup(DistrictRow, Base):
    """A group of residents who report with photos."""

    __tablename__ = "reporter_group"
    __table_args__ = (UniqueConstraint("district", "name"),)

    name: Mapped[str] = mapped_column(String(60))
    street: Mapped[str | None] = mapped_column(String(9))
    created_at: Mapped[datetime] = mapped_column(Moment)


class GroupMember(DistrictRow, Base):
    """A resident in a group, for as long as `left_at` is empty."""

    __tablename__ = "reporter_group_member"
    __table_args__ = (
        ForeignKeyConstraint(["district", "group"], ["reporter_group.district", "reporter_group.id"]),
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        Index("ix_reporter_group_member_resident", "district", "resident"),
        Index(
            "uq_reporter_group_member_now",
            "district",
            "group",
            "resident",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    group: Mapped[str] = mapped_column(String(36))
    resident: Mapped[str] = mapped_column(String(36))
    joined_at: Mapped[datetime] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)
