"""Who brought whom, in the books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment

_OPEN = text("earning IS NULL")


class ReferralCode(DistrictRow, Base):
    """The code a resident gives to whom they bring; the id is the resident's."""

    __tablename__ = "referral_code"
    __table_args__ = (
        ForeignKeyConstraint(["district", "id"], ["resident.district", "resident.id"]),
        UniqueConstraint("district", "code"),
    )

    code: Mapped[str] = mapped_column(String(12))


class Referral(DistrictRow, Base):
    """A newcomer named, once, who brought them. It earns once, when the newcomer's first deed is approved."""

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(["district", "newcomer"], ["resident.district", "resident.id"]),
        ForeignKeyConstraint(["district", "referrer"], ["resident.district", "resident.id"]),
        UniqueConstraint("district", "newcomer"),
        Index("ix_referral_open", "district", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    newcomer: Mapped[str] = mapped_column(String(36))
    referrer: Mapped[str] = mapped_column(String(36))
    named_at: Mapped[datetime] = mapped_column(Moment)
    earning: Mapped[str | None] = mapped_column(String(36))
    """What it earned the referrer; None until the newcomer's first deed is approved."""
    looked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was last found that it does not earn yet; None while nobody looked."""
