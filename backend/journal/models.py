"""Ledger entries and their legs in SQL, keyed by the number the ledger gave them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Moment


class JournalHead(Base):
    """How far the copy reaches; locked while it is carried on."""

    __tablename__ = "journal_head"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))


class JournalEntry(Base):
    """One entry as the ledger made it. `text` is its canonical form, `sha256` chains these texts."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("district", "id"),)

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Moment)
    amount: Mapped[int] = mapped_column(BigInteger)
    prev: Mapped[str] = mapped_column(String(40))
    hash: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class JournalLeg(Base):
    """One side of an entry: the account, the points, and its balance after."""

    __tablename__ = "journal_leg"
    __table_args__ = (
        ForeignKeyConstraint(["district", "number"], ["journal_entry.district", "journal_entry.number"]),
        Index("ix_journal_leg_account", "district", "account", "number"),
    )

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(80))
    amount: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
