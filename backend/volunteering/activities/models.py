"""Activities and shifts in the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Activity(DistrictRow, Base):
    """What a team offers to do. `category` is the rules' word for the kind of service; `risks` are shown first."""

    __tablename__ = "activity"
    __table_args__ = (
        ForeignKeyConstraint(["district", "team"], ["team.district", "team.id"]),
        ForeignKeyConstraint(["district", "station"], ["station.district", "station.id"]),
        Index("ix_activity_team", "district", "team"),
    )

    team: Mapped[str] = mapped_column(String(36))
    station: Mapped[str | None] = mapped_column(String(36))
    title: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(Text)
    risks: Mapped[str] = mapped_column(Text)
    min_age: Mapped[int | None] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Shift(DistrictRow, Base):
    """One stretch of an activity, within one local day. `taken` of its `places` are signed up for.

    `check_in_points` are its own: what becomes of the station later does not move them. `code_sealed` is the secret of
    the rotating code.
    """

    __tablename__ = "shift"
    __table_args__ = (
        ForeignKeyConstraint(["district", "activity"], ["activity.district", "activity.id"]),
        CheckConstraint("taken >= 0 AND taken <= places", name="not_oversold"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        Index("ix_shift_activity", "district", "activity"),
        Index("ix_shift_ends_at", "district", "ends_at"),
    )

    activity: Mapped[str] = mapped_column(String(36))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    places: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer, default=0)
    check_in_points: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    code_sealed: Mapped[str] = mapped_column(Text)

    @property
    def free(self) -> int:
        """How many places are left."""
        return self.places - self.taken
