"""How many rows go into SQL at once, by the fastest way each database has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from backend.journal.models import JournalEntry, JournalLeg
from points.clock import from_ms
from points.ledger import Entry, Written, said_of

_ENTRY = ("district", "number", "id", "kind", "at", "amount", "hash", "text", "sha256")
_LEG = ("district", "account", "number", "line", "amount", "balance")

FEW = 500
"""Rows that PostgreSQL takes in one journey, as arrays; more are copied in, which takes several and costs less each."""
_SENT_AS = {
    "number": "bigint",
    "amount": "bigint",
    "balance": "bigint",
    "line": "int",
    "at": "timestamptz",
}


def insert_entries(session: Session, district: str, entries: Sequence[Entry | Written], digests: Sequence[str]) -> None:
    """Add entries, each with its digest in the journal's chain, and their legs, in the open transaction."""
    made: list[tuple[Any, ...]] = []
    legs: list[tuple[Any, ...]] = []
    for entry, sha256 in zip(entries, digests, strict=True):
        number, identifier, kind, at_ms, amount, moved = said_of(entry.text)
        made.append((district, number, identifier, kind, _moment(at_ms), amount, entry.hash, entry.text, sha256))
        for line, (account, points, balance) in enumerate(moved):
            legs.append((district, account, number, line, points, balance))
    _insert(session, JournalEntry.__table__, _ENTRY, made)
    legs.sort()  # neighbours in the table are written together
    _insert(session, JournalLeg.__table__, _LEG, legs)


def _moment(at_ms: int) -> str:
    """A time as text that both databases keep as their own: in UTC, without a zone for the one that knows none."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03}000"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """Most entries of a copy are of the same few."""
    return from_ms(seconds * 1000).isoformat(" ")[:19]


def _insert(session: Session, table: Any, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    assert isinstance(table, Table)  # noqa: S101 - what a model is made on
    if not rows:
        return
    names = ", ".join(columns)
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of our own columns
        return
    if len(rows) <= FEW:
        types = ", ".join(f"%s::{_SENT_AS.get(column, 'text')}[]" for column in columns)
        told = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({types})"  # noqa: S608 - names of our own columns
        connection.exec_driver_sql(told, tuple(list(column) for column in zip(*rows, strict=True)))
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is gone")
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
