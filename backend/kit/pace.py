"""Human pace: how many of one thing one person may do in a day of the district."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Integer, Select, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day
from backend.kit.db import Base, DistrictRow, db, ensure, rows
from points.errors import Kind

_NO_DAY = date(1970, 1, 1)
"""Stands for every day, for a lock that midnight does not open."""


class DayCount(DistrictRow, Base):
    """How often somebody did something on one day. Whoever counts holds the row, so that nobody counts past a limit."""

    __tablename__ = "day_count"
    __table_args__ = (UniqueConstraint("district", "person", "what", "day"),)

    person: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(Integer)


def count_one(district: str, person: str, what: str, *, most: int, refusal: Kind) -> None:
    """Count one more in the open transaction; refused with `refusal` once `most` were done today."""
    row = _held(district, person, what, local_day(now()))
    if row.count >= most:
        raise refusal(most=most)
    row.count += 1


def hold(district: str, person: str, what: str) -> None:
    """Let others who do the same for this person wait until the open transaction ends; counts nothing."""
    _held(district, person, what, _NO_DAY)


def done_today(district: str, person: str, what: str) -> int:
    """How many were counted today."""
    row = db.session.scalar(_query(district, person, what, local_day(now())))
    return row.count if row else 0


def _held(district: str, person: str, what: str, day: date) -> DayCount:
    first = {"district": district, "id": fresh_id(), "person": person, "what": what, "day": day, "count": 0}
    ensure(DayCount, first)
    query = _query(district, person, what, day).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def _query(district: str, person: str, what: str, day: date) -> Select[DayCount]:
    return rows(DayCount, district).where(DayCount.person == person, DayCount.what == what, DayCount.day == day)
