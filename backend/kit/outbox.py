"""What must leave the process is written beside what caused it, and delivered after the commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import JSON, Integer, String, Text, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.clock import fresh_id, now
from backend.kit.db import Base, DistrictRow, Moment, after_commit, db, transaction
from points.errors import Refused

Handler = Callable[[str, dict[str, Any]], None]
ProblemNote = Callable[[str, dict[str, Any], str], None]
_HANDLERS: dict[str, Handler] = {}
_NOTES: dict[str, ProblemNote] = {}
_CLAIM = timedelta(seconds=30)
_WAITS = (1, 2, 5, 15, 60, 300)
_LONGEST = timedelta(hours=1)
"""No row waits longer. One that seems to was written while the clocks were ahead; it is due now."""


class Outgoing(DistrictRow, Base):
    """One thing to deliver. It is repeated until its handler returns; the handler makes repeating harmless."""

    __tablename__ = "outbox"

    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    problem: Mapped[str | None] = mapped_column(Text)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register who delivers a kind, as `handler(district, payload)`. It runs inside a transaction of its own."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register


def notes_problem(kind: str) -> Callable[[ProblemNote], ProblemNote]:
    """Register who is told, in a transaction, that a delivery of this kind did not succeed and will be tried again."""

    def register(note: ProblemNote) -> ProblemNote:
        _NOTES[kind] = note
        return note

    return register


def send(district: str, kind: str, payload: dict[str, Any], *, due_at: datetime | None = None) -> str:
    """Write a row in the open transaction; try it once right after the commit, and leave the rest to the worker.

    With `due_at`, at most an hour on, the worker alone tries it, and not before.
    """
    identifier, at = fresh_id(), now()
    if kind not in _HANDLERS:
        raise ValueError(f"nobody delivers {kind}")
    if due_at is not None and due_at > at + _LONGEST:
        raise ValueError("nothing waits so long here")
    row = Outgoing(
        district=district, id=identifier, kind=kind, payload=payload, made_at=at, due_at=due_at or at, tries=0
    )
    db.session.add(row)
    if row.due_at <= at:
        after_commit(lambda: _try_quietly(district, identifier))
    return identifier


def deliver_due(limit: int = 100) -> int:
    """Deliver what is due, oldest first; answers how many were delivered. For the worker, any number of them."""
    query = (
        select(Outgoing.district, Outgoing.id)
        .where(Outgoing.done_at.is_(None), (Outgoing.due_at <= now()) | (Outgoing.due_at > now() + _LONGEST))
        .order_by(Outgoing.due_at, Outgoing.id)
        .limit(limit)
    )
    due = [tuple(row) for row in db.session.execute(query)]
    db.session.rollback()
    return sum(_try_quietly(district, identifier) for district, identifier in due)


def waiting() -> int:
    """How many rows are not delivered yet."""
    count = db.session.scalar(select(func.count()).select_from(Outgoing).where(Outgoing.done_at.is_(None)))
    return int(count or 0)


def _try_quietly(district: str, identifier: str) -> bool:
    """One try: claim the row by pushing its due time forward, then hand over and mark done in one transaction."""
    row = _claim(district, identifier)
    if row is None:
        return False
    try:
        with transaction():
            _HANDLERS[row.kind](district, row.payload)
            db.session.execute(_this(district, identifier).values(done_at=now(), problem=None))
    except Refused as refusal:
        _note_problem(row, refusal.code)
        return False
    except Exception as error:  # noqa: BLE001 - a fault of one row must not stop the others; it is logged and retried
        structlog.get_logger().exception("outbox_fault", kind=row.kind, row=identifier, exc_info=error)
        _note_problem(row, "fault")
        return False
    return True


def _this(district: str, identifier: str) -> Any:
    return update(Outgoing).where(Outgoing.district == district, Outgoing.id == identifier)


def _claim(district: str, identifier: str) -> Outgoing | None:
    with transaction() as session:
        row = session.get(Outgoing, (district, identifier), populate_existing=True)
        if row is None or row.done_at is not None or now() < row.due_at <= now() + _LONGEST:
            return None
        claimed = session.execute(
            _this(district, identifier)
            .where(Outgoing.tries == row.tries, Outgoing.done_at.is_(None))
            .values(tries=row.tries + 1, due_at=now() + _CLAIM)
        )
        return row if claimed.rowcount == 1 else None  # type: ignore[attr-defined]


def _note_problem(row: Outgoing, problem: str) -> None:
    wait = timedelta(seconds=_WAITS[min(row.tries, len(_WAITS)) - 1])
    with transaction() as session:
        session.execute(_this(row.district, row.id).values(problem=problem, due_at=now() + wait))
        if row.kind in _NOTES:
            _NOTES[row.kind](row.district, row.payload, problem)
