"""What must leave the process is written beside what caused it, and delivered after the commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import structlog
from sqlalchemy import JSON, ColumnElement, Integer, String, Text, and_, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.clock import fresh_id, now
from backend.kit.db import Base, DistrictRow, Moment, after_commit, db, transaction
from points.errors import Refused

Handler = Callable[[str, dict[str, Any]], None]
BatchHandler = Callable[[str, list[dict[str, Any]]], "list[Refused | None]"]
ProblemNote = Callable[[str, dict[str, Any], str], None]
_HANDLERS: dict[str, Handler] = {}
_BATCHES: dict[str, BatchHandler] = {}
_NOTES: dict[str, ProblemNote] = {}
_CLAIM = timedelta(seconds=30)
_WAITS = (1, 2, 5, 15, 60, 300)
LONGEST = timedelta(hours=1)
"""How long a row may wait for its time at most."""
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


def handles_many(kind: str) -> Callable[[BatchHandler], BatchHandler]:
    """Register who delivers many of a kind together, where there are many: `handler(district, payloads)`.

    It runs inside one transaction and answers for each payload None, or the refusal to try that one again later, of
    which it has written nothing. When it raises a fault, each is tried by itself.
    """

    def register(handler: BatchHandler) -> BatchHandler:
        _BATCHES[kind] = handler
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
    if due_at is not None and due_at > at + LONGEST:
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
        select(Outgoing.district, Outgoing.kind, Outgoing.id)
        .where(_is_due())
        .order_by(Outgoing.due_at, Outgoing.id)
        .limit(limit)
    )
    due = [tuple(row) for row in db.session.execute(query)]
    db.session.rollback()
    return sum(
        _try_all(district, kind, [identifier for _, _, identifier in found])
        for (district, kind), found in groupby(due, key=itemgetter(0, 1))
    )


def waiting() -> int:
    """How many rows are not delivered yet."""
    count = db.session.scalar(select(func.count()).select_from(Outgoing).where(Outgoing.done_at.is_(None)))
    return int(count or 0)


def _try_all(district: str, kind: str, identifiers: list[str]) -> int:
    """Try neighbours of one kind; answers how many were delivered."""
    if len(identifiers) == 1 or kind not in _BATCHES:
        return sum(_try_quietly(district, identifier) for identifier in identifiers)
    claimed = _claim_all(district, identifiers)
    if not claimed:
        return 0
    try:
        with transaction():
            answers = _BATCHES[kind](district, [row.payload for row in claimed])
            taken = [row.id for row, refusal in zip(claimed, answers, strict=True) if refusal is None]
            db.session.execute(_these(district, taken).values(done_at=now(), problem=None))
    except Refused as refusal:
        answers = [refusal] * len(claimed)
    except Exception as error:  # noqa: BLE001 - as for one row; which of them is at fault, each shows by itself
        structlog.get_logger().exception("outbox_fault", kind=kind, rows=len(claimed), exc_info=error)
        return sum(_hand_over(row) for row in claimed)
    for row, answer in zip(claimed, answers, strict=True):
        if answer is not None:
            _note_problem(row, answer.code)
    return answers.count(None)


def _try_quietly(district: str, identifier: str) -> bool:
    """One try: claim the row by pushing its due time forward, then hand over and mark done in one transaction."""
    row = _claim(district, identifier)
    return row is not None and _hand_over(row)


def _hand_over(row: Outgoing) -> bool:
    district, identifier = row.district, row.id
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


def _these(district: str, identifiers: list[str]) -> Any:
    return update(Outgoing).where(Outgoing.district == district, Outgoing.id.in_(identifiers))


def _claim_all(district: str, identifiers: list[str]) -> list[Outgoing]:
    """Claim those that are still due, in their order."""
    with transaction() as session:
        claim = _these(district, identifiers).where(_is_due())
        ours = set(
            session.scalars(claim.values(tries=Outgoing.tries + 1, due_at=now() + _CLAIM).returning(Outgoing.id))
        )
        query = select(Outgoing).where(Outgoing.district == district, Outgoing.id.in_(ours))
        found = {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}
        return [found[identifier] for identifier in identifiers if identifier in found]


def _claim(district: str, identifier: str) -> Outgoing | None:
    return next(iter(_claim_all(district, [identifier])), None)


def _is_due() -> ColumnElement[bool]:
    """Not delivered, and its time has come; or it lies so far off that it was written by clocks that were ahead."""
    return and_(Outgoing.done_at.is_(None), or_(Outgoing.due_at <= now(), Outgoing.due_at > now() + LONGEST))


def _note_problem(row: Outgoing, problem: str) -> None:
    wait = timedelta(seconds=_WAITS[min(row.tries, len(_WAITS)) - 1])
    with transaction() as session:
        session.execute(_this(row.district, row.id).values(problem=problem, due_at=now() + wait))
        if row.kind in _NOTES:
            _NOTES[row.kind](row.district, row.payload, problem)
