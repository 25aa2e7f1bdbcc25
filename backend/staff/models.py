"""Staff and partners in the books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Boolean, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class StaffMember(DistrictRow, Base):
    """A person of the office. `resident` links to the same person's account as a resident, for recusal."""

    __tablename__ = "staff_member"
    __table_args__ = (UniqueConstraint("district", "name"),)

    name: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(Text)
    otp_sealed: Mapped[str | None] = mapped_column(Text)
    otp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    roles: Mapped[list[str]] = mapped_column(JSON)
    resident: Mapped[str | None] = mapped_column(String(36))
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    setup_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    setup_until: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Partner(DistrictRow, Base):
    """Another system that may post tickets, by a key of which only the hash is kept."""

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("district", "name"), UniqueConstraint("key_hash"))

    name: Mapped[str] = mapped_column(String(80))
    key_hash: Mapped[str] = mapped_column(String(64))
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
