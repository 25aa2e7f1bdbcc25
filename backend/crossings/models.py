"""Transfers between districts in the books: one row of the district that the points leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Crossing(DistrictRow, Base):
    """Points of one person on their way. `departure`, `arrival` and `homecoming` are the ids of the postings.

    Each is written here before it is used. Once `homecoming` is set, the other side is never asked again.
    """

    __tablename__ = "crossing"
    __table_args__ = (
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        ForeignKeyConstraint(["to_district", "recipient"], ["resident.district", "resident.id"]),
        Index(None, "district", "resident"),
    )

    resident: Mapped[str] = mapped_column(String(36))
    to_district: Mapped[str] = mapped_column(String(12))
    recipient: Mapped[str] = mapped_column(String(36))
    """The same person over there."""
    amount: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(60))
    """The code of what it waits for, or of why it was refused or returned."""
    departure: Mapped[str] = mapped_column(String(36))
    arrival: Mapped[str | None] = mapped_column(String(36))
    homecoming: Mapped[str | None] = mapped_column(String(36))
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the first of the points that left would have expired; known once they left."""
    back_until: Mapped[datetime | None] = mapped_column(Moment)
    """When they expire after they came back."""
    asked_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
