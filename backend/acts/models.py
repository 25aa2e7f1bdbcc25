"""Acts and appeals in the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.appeals import Objection
from backend.kit.db import Base, DistrictRow, Moment


class Act(DistrictRow, Base):
    """A civil act that a resident declared. Its photos name it: `used_for` is `act:<id>`."""

    __tablename__ = "act"
    __table_args__ = (
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        Index(None, "district", "resident", "id"),
        Index(None, "district", "state", "id"),
    )

    resident: Mapped[str] = mapped_column(String(36))
    category: Mapped[str] = mapped_column(String(40))
    done_at: Mapped[datetime] = mapped_column(Moment)
    street: Mapped[str] = mapped_column(String(9))
    description: Mapped[str] = mapped_column(Text)
    helped_sealed: Mapped[str | None] = mapped_column(Text)
    declared: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`details.Details` as its resident sent them; None in old rows, which said nothing."""
    approved: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`details.Details` as they earn; None until somebody approves."""
    marks: Mapped[list[str]] = mapped_column(JSON)
    """What a machine found odd about the photos; for the reviewer, who decides."""
    state: Mapped[str] = mapped_column(String(20))
    declared_at: Mapped[datetime] = mapped_column(Moment)
    reviewer: Mapped[str | None] = mapped_column(String(60))
    reviewed_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str | None] = mapped_column(Text)
    """What the resident is told."""
    note: Mapped[str | None] = mapped_column(Text)
    """What reviewers tell each other; never shown to the resident."""
    earning: Mapped[str | None] = mapped_column(String(36))


class Appeal(Objection, DistrictRow, Base):
    """A resident's objection to a refusal, once an act, with its clock and its answer."""

    __tablename__ = "act_appeal"
    __table_args__ = (
        ForeignKeyConstraint(["district", "act"], ["act.district", "act.id"]),
        UniqueConstraint("district", "act"),
    )

    act: Mapped[str] = mapped_column(String(36))
