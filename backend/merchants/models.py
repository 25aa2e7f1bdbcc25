"""Merchants, shops and clerks in the books, and what closing one of them leaves there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment


class Gated:
    """Something staff can close and open; `gate` names the latest change, which the ledger has under the same id."""

    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    gate: Mapped[str | None] = mapped_column(String(36))


class Merchant(Gated, DistrictRow, Base):
    """A business that gives rewards for points and is settled from the fund."""

    __tablename__ = "merchant"
    __table_args__ = (UniqueConstraint("district", "name"),)

    name: Mapped[str] = mapped_column(String(60))
    street: Mapped[str] = mapped_column(String(9))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Shop(DistrictRow, Base):
    """A counter of a merchant."""

    __tablename__ = "shop"
    __table_args__ = (
        ForeignKeyConstraint(["district", "merchant"], ["merchant.district", "merchant.id"]),
        UniqueConstraint("district", "merchant", "name"),
    )

    merchant: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(60))


class Clerk(Gated, DistrictRow, Base):
    """Who stands at a counter. The name is for signing in, and is the only one of its kind in the district."""

    __tablename__ = "clerk"
    __table_args__ = (
        ForeignKeyConstraint(["district", "merchant"], ["merchant.district", "merchant.id"]),
        ForeignKeyConstraint(["district", "shop"], ["shop.district", "shop.id"]),
        UniqueConstraint("district", "name"),
    )

    name: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(Text)
    merchant: Mapped[str] = mapped_column(String(36), index=True)
    shop: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Moment)
