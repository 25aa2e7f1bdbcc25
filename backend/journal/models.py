"""The journal's tables: ledger entries and their legs, keyed by the number the ledger gave them, roots and archives."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Date, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Moment

NAMED_BY_LEDGER = ("time_out", "expire", "open")
"""Kinds of entries that time brings: the ledger names them itself, and a name may come again."""
_NAMED_BY_CALLER = text("kind NOT IN ('time_out', 'expire', 'open')")


class JournalHead(Base):
    """How far the copy reaches; locked while it is carried on."""

    __tablename__ = "journal_head"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class JournalEpoch(Base):
    """When the ledger was put together anew: after which entry, why, what was given up, by whom. See `epochs`."""

    __tablename__ = "journal_epoch"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(12))
    given_up: Mapped[int] = mapped_column(BigInteger)
    staff: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class JournalEntry(Base):
    """One entry as the ledger made it. `text` is its canonical form, `hash` the ledger's, `sha256` chains the texts."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        # the second lock against a double: no caller's id twice
        Index(
            "uq_journal_entry_district_id",
            "district",
            "id",
            unique=True,
            sqlite_where=_NAMED_BY_CALLER,
            postgresql_where=_NAMED_BY_CALLER,
        ),
    )

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Moment)
    amount: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class JournalLeg(Base):
    """One side of an entry: the account, the points, its balance after. Kept by account, as statements ask for it."""

    __tablename__ = "journal_leg"
    __table_args__ = ({"sqlite_with_rowid": False},)

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    amount: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)


class JournalRoot(Base):
    """The signed root of one day's entries. `statement` is the very text that was signed; `seed` makes the salts."""

    __tablename__ = "journal_root"
    __table_args__ = (UniqueConstraint("district", "day"),)

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    seed: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(88))
    public_key: Mapped[str] = mapped_column(String(44))
    made_at: Mapped[datetime] = mapped_column(Moment)


class JournalRootNode(Base):
    """A node of a day's tree, one for each full row of leaves, so that a proof needs not read the whole day."""

    __tablename__ = "journal_root_node"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))


class JournalRootKey(Base):
    """A public key that signs roots from a day on. The key before it signs `statement` too, while it is still had."""

    __tablename__ = "journal_root_key"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    public_key: Mapped[str] = mapped_column(String(44), unique=True)
    since: Mapped[date] = mapped_column(Date)
    statement: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(88))
    signature_before: Mapped[str | None] = mapped_column(String(88))


class JournalForgotten(Base):
    """Up to which entry the ledger was told to forget old ids."""

    __tablename__ = "journal_forgotten"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class JournalDoubt(Base):
    """What a comparison found different; the ledger stays closed while it stands here."""

    __tablename__ = "journal_doubt"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    found: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class JournalArchive(Base):
    """How far the archive outside was written, read again and found whole; the stream is trimmed behind it."""

    __tablename__ = "journal_archive"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Moment)
