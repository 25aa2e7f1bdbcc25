"""A resident in the books: a WeChat identity, a name of their choice, and consents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Resident(DistrictRow, Base):
    """Personal fields are sealed; `openid_index` finds a resident again at sign-in."""

    __tablename__ = "resident"
    __table_args__ = (UniqueConstraint("district", "openid_index"),)

    openid_index: Mapped[str] = mapped_column(String(64))
    openid_sealed: Mapped[str] = mapped_column(Text)
    name_sealed: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(String(9))
    birth_sealed: Mapped[str | None] = mapped_column(Text)
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    gate: Mapped[str | None] = mapped_column(String(36))
    """The latest closing or opening, which the ledger has under the same id."""
    created_at: Mapped[datetime] = mapped_column(Moment)


class Consent(DistrictRow, Base):
    """A consent given, and perhaps withdrawn; never deleted, so that it can be shown what held when."""

    __tablename__ = "consent"
    __table_args__ = (ForeignKeyConstraint(["district", "resident"], ["resident.district", "resident.id"]),)

    resident: Mapped[str] = mapped_column(String(36), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
