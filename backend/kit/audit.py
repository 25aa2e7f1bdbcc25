"""What staff and others did, in a log that is only appended and whose lines are chained by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.clock import fresh_id, now
from backend.kit.db import Base, DistrictRow, Moment, db, ensure

_FIRST = "0" * 64
_BATCH = 500


class AuditHead(Base):
    """The end of a district's chain; locked while a line is added."""

    __tablename__ = "audit_head"

    district: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class AuditLine(DistrictRow, Base):
    """Who did what to what, when; numbered 1, 2, 3 … for each district."""

    __tablename__ = "audit_line"
    __table_args__ = (UniqueConstraint("district", "number"),)

    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


def record(district: str, actor: str, action: str, subject: str, **details: str | int | bool | None) -> None:
    """Add a line in the open transaction. Details name things, never persons' data."""
    ensure(AuditHead, {"district": district, "number": 0, "hash": _FIRST})
    head = db.session.get_one(AuditHead, district, with_for_update=True, populate_existing=True)
    line = AuditLine(
        district=district,
        id=fresh_id(),
        number=head.number + 1,
        at=now(),
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        previous=head.hash,
    )
    line.hash = _hash_of(line)
    head.number, head.hash = line.number, line.hash
    db.session.add(line)


def first_broken_line(district: str) -> int | None:
    """The number of the first line that does not follow from the one before it; None when the chain is whole."""
    previous, expected = _FIRST, 1
    lines = select(AuditLine).where(AuditLine.district == district).order_by(AuditLine.number).limit(_BATCH)
    while batch := list(db.session.scalars(lines.where(AuditLine.number >= expected))):
        for line in batch:
            if line.number != expected or line.previous != previous or line.hash != _hash_of(line):
                return expected
            previous, expected = line.hash, expected + 1
    head = db.session.get(AuditHead, district)
    return None if (head.hash if head else _FIRST) == previous else expected


def _hash_of(line: AuditLine) -> str:
    at_ms = int(line.at.timestamp() * 1000)
    content = [
        line.district,
        line.number,
        line.id,
        at_ms,
        line.actor,
        line.action,
        line.subject,
        line.details,
        line.previous,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
