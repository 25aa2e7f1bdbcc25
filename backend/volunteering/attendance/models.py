"""Attendances and scans in the books."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment
from backend.volunteering.attendance.hours import hours_of

_PRESENT = text("state = 'present'")


class Attendance(DistrictRow, Base):
    """A resident's time at a shift. The times are the server's; `minutes` count, breaks taken off."""

    __tablename__ = "attendance"
    __table_args__ = (
        ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),
        ForeignKeyConstraint(["district", "activity"], ["activity.district", "activity.id"]),
        ForeignKeyConstraint(["district", "shift"], ["shift.district", "shift.id"]),
        ForeignKeyConstraint(["district", "signup"], ["sign_up.district", "sign_up.id"]),
        Index(
            "uq_attendance_one_present",
            "district",
            "resident",
            unique=True,
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
        Index("ix_attendance_resident", "district", "resident", "checked_in_at"),
        Index("ix_attendance_shift", "district", "shift"),
        Index("ix_attendance_state", "district", "state"),
    )

    activity: Mapped[str] = mapped_column(String(36))
    shift: Mapped[str] = mapped_column(String(36))
    signup: Mapped[str] = mapped_column(String(36))
    resident: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(20))
    doubts: Mapped[list[str]] = mapped_column(JSON)
    """`nearness.Doubt`s of its scans; any of them asks for a second person."""
    checked_in_at: Mapped[datetime] = mapped_column(Moment)
    checked_out_at: Mapped[datetime | None] = mapped_column(Moment)
    break_minutes: Mapped[int] = mapped_column(Integer, default=0)
    minutes: Mapped[int] = mapped_column(Integer, default=0)
    correction: Mapped[str | None] = mapped_column(Text)
    """Why the leader put in a check-out that was forgotten."""
    first: Mapped[str | None] = mapped_column(String(60))
    """Who agreed first, where two must."""
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    earning: Mapped[str | None] = mapped_column(String(36))

    @property
    def hours(self) -> Decimal:
        """What counts, in hours; the quantity that earns."""
        return hours_of(self.minutes)


class Scan(DistrictRow, Base):
    """One use of the rotating code by one person, `in` or `out`. No step of a code serves the same person twice.

    `position_sealed` is there only while somebody still has to look at it; the distance stays.
    """

    __tablename__ = "shift_scan"
    __table_args__ = (
        ForeignKeyConstraint(["district", "attendance"], ["attendance.district", "attendance.id"]),
        UniqueConstraint("district", "shift", "resident", "step"),
        Index("ix_shift_scan_attendance", "district", "attendance"),
    )

    attendance: Mapped[str] = mapped_column(String(36))
    shift: Mapped[str] = mapped_column(String(36))
    resident: Mapped[str] = mapped_column(String(36))
    step: Mapped[int] = mapped_column(BigInteger)
    way: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(Moment)
    distance_m: Mapped[int | None] = mapped_column(Integer)
    accuracy_m: Mapped[int | None] = mapped_column(Integer)
    doubt: Mapped[str | None] = mapped_column(String(12))
    position_sealed: Mapped[str | None] = mapped_column(Text)
