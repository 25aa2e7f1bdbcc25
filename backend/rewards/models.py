"""Rewards in the books, and every closing and opening that staff decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, DistrictRow, Moment
from backend.merchants.models import Gated


class Reward(Gated, DistrictRow, Base):
    """What residents can have for points. The ledger decides by the version it has been given last.

    `terms_posting` and `stock_posting` are the ids of the postings about the latest terms and the first stock.
    """

    __tablename__ = "reward"

    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(120))
    price: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    limits: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    first_stock: Mapped[int] = mapped_column(Integer)
    stock_posting: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(Integer, default=1)
    terms_posting: Mapped[str] = mapped_column(String(36))
    published_version: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)


class RewardMerchant(Base):
    """At which merchants a reward can be had."""

    __tablename__ = "reward_merchant"
    __table_args__ = (
        ForeignKeyConstraint(["district", "reward"], ["reward.district", "reward.id"]),
        ForeignKeyConstraint(["district", "merchant"], ["merchant.district", "merchant.id"]),
    )

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    reward: Mapped[str] = mapped_column(String(36), primary_key=True)
    merchant: Mapped[str] = mapped_column(String(36), primary_key=True)


class GateChange(DistrictRow, Base):
    """A closing or an opening, by whom and why. Its id is the caller's key; `posting` is the id of the ledger's entry.

    `written` is False from the commit here until the ledger has it, or a later change took its place.
    """

    __tablename__ = "gate_change"
    __table_args__ = (Index("ix_gate_change_subject", "district", "subject"),)

    kind: Mapped[str] = mapped_column(String(12))
    posting: Mapped[str] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(36))
    open: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment)
    written: Mapped[bool] = mapped_column(Boolean, default=False)
