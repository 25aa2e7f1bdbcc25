"""Sign-ups in the books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment

_STANDING = text("state <> 'left'")


class SignUp(DistrictRow, Base):
    """A resident's place in a shift; `risks_seen_at` is when they said that they had read the risks."""

    __tablename__ = "sign_up"
    __table_args__ = (
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        ForeignKeyConstraint(["district", "activity"], ["activity.district", "activity.id"]),
        ForeignKeyConstraint(["district", "shift"], ["shift.district", "shift.id"]),
        Index(
            "uq_sign_up_one_standing",
            "district",
            "shift",
            "resident",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index("ix_sign_up_resident", "district", "resident"),
    )

    activity: Mapped[str] = mapped_column(String(36))
    shift: Mapped[str] = mapped_column(String(36))
    resident: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(12))
    risks_seen_at: Mapped[datetime] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)
