"""The journal read in order as one stream, rows and legs together, so that memory does not grow with it."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, literal, select, text, union_all

from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import FIRST_SHA256, chained
from backend.kit.db import db
from points.ledger import GENESIS, Entry, Leg
from points.ledger.entry import entry_of

_AT_ONCE = 2000


class RowChanged(Exception):  # noqa: N818 - what was found, not an error of the program
    """A journal row that is not the one that was written."""

    def __init__(self, number: int) -> None:
        super().__init__(f"journal row {number}")
        self.number = number


@contextmanager
def uncollected() -> Iterator[None]:
    """Millions of small objects come and go without cycles: the collector would only cost time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _reader() -> Iterator[Connection]:
    """A connection that reads as long as it takes, a part at a time, beside the session."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        yield connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE)


def entries(district: str, after: int = 0, up_to: int | None = None) -> Iterator[Entry]:
    """Entries above `after` in their order, as the rows have them."""
    query = (
        select(JournalEntry.number, JournalEntry.hash, JournalEntry.text)
        .where(JournalEntry.district == district, JournalEntry.number >= after)
        .order_by(JournalEntry.number)
    )
    if up_to is not None:
        query = query.where(JournalEntry.number <= up_to)
    prev = GENESIS
    with _reader() as connection, connection.execute(query) as rows:
        for number, digest, canonical in rows:
            if number > after:
                yield entry_of(prev, digest, canonical)
            prev = digest


def sound_entries(district: str) -> Generator[Entry, None, None]:
    """All entries, each held against its number, its digest, its own columns and its legs; then against the head.

    Raises RowChanged with the first number that is not as it was written. Who stops before the end closes it: it
    holds two connections.
    """
    with _reader() as connection, _reader() as beside:
        reached = connection.execute(_head(district)).first()
        last = reached.number if reached else 0
        number, sha256, prev = 0, FIRST_SHA256, GENESIS
        with connection.execute(_all_rows(district, last)) as rows, beside.execute(_all_legs(district, last)) as sides:
            legs = _LegsInOrder(sides)
            for row in rows:
                number += 1
                entry = _read(row, prev, number)
                sha256 = chained(sha256, entry.text)
                if row[-1] != sha256 or legs.of(number) != entry.legs:
                    raise RowChanged(number)
                prev = entry.hash
                yield entry
        if reached and tuple(reached) != (number, sha256, prev):
            raise RowChanged(number + 1)
        beyond = connection.execute(_beyond(district)).scalar()
        if beyond is not None:
            raise RowChanged(int(beyond))


def _head(district: str) -> Any:
    columns = (JournalHead.number, JournalHead.sha256, JournalHead.hash)
    return select(*columns).where(JournalHead.district == district)


def _read(row: Any, prev: str, number: int) -> Entry:
    """The entry of a row, which must follow the one before it and say the same in all of its columns."""
    own_number, identifier, kind, at, amount, digest, canonical, _ = row
    try:
        entry = entry_of(prev, digest, canonical)
    except ValueError as unreadable:
        raise RowChanged(number) from unreadable
    columns = (own_number, identifier, kind, at, amount)
    if columns != (number, entry.id, entry.kind, entry.at, entry.amount) or entry.number != number:
        raise RowChanged(number)
    if not entry.is_true:
        raise RowChanged(number)
    return entry


def _all_rows(district: str, up_to: int) -> Any:
    return (
        select(JournalEntry)
        .with_only_columns(*(getattr(JournalEntry, name) for name in _COLUMNS))
        .where(JournalEntry.district == district, JournalEntry.number <= up_to)
        .order_by(JournalEntry.number)
    )


_COLUMNS = ("number", "id", "kind", "at", "amount", "hash", "text", "sha256")


def _all_legs(district: str, up_to: int) -> Any:
    return (
        select(JournalLeg.number, JournalLeg.account, JournalLeg.amount, JournalLeg.balance)
        .where(JournalLeg.district == district, JournalLeg.number <= up_to)
        .order_by(JournalLeg.number, JournalLeg.line)
    )


def _beyond(district: str) -> Any:
    """The first number of a row or a leg after the head: asked at once, as the head may move meanwhile."""
    head = func.coalesce(
        select(JournalHead.number).where(JournalHead.district == district).scalar_subquery(), literal(0)
    )
    found = [
        select(model.number).where(model.district == district, model.number > head)
        for model in (JournalEntry, JournalLeg)
    ]
    return select(func.min(union_all(*found).subquery().c.number))


class _LegsInOrder:
    """The legs in the order of their entries, taken as the entries come by."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)
        self._next: Any = next(self._rows, None)

    def of(self, number: int) -> tuple[Leg, ...] | None:
        """The legs of an entry; None when there are any of one before it."""
        found = []
        following = self._next
        while following is not None and following[0] == number:
            found.append(Leg(following[1], following[2], following[3]))
            following = next(self._rows, None)
        self._next = following
        return None if following is not None and following[0] < number else tuple(found)
