"""Teams and stations in the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Team(DistrictRow, Base):
    """A volunteer team; its leader is a resident, who plans activities and confirms hours."""

    __tablename__ = "team"
    __table_args__ = (
        UniqueConstraint("district", "name"),
        ForeignKeyConstraint(["district", "leader"], ["resident.district", "resident.id"]),
        Index("ix_team_leader", "district", "leader"),
    )

    name: Mapped[str] = mapped_column(String(60))
    street: Mapped[str] = mapped_column(String(9))
    leader: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Station(DistrictRow, Base):
    """A station of the civilisation-practice centre; `check_in_points` as `check_in_points.CheckInPoint`s."""

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("district", "name"),)

    name: Mapped[str] = mapped_column(String(60))
    street: Mapped[str] = mapped_column(String(9))
    check_in_points: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
