"""Before a ledger is put together: one command at a time, over all machines that share the books."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from backend.kit.db import db
from points.errors import Category, kind

LEDGER_AT_WORK = kind(
    "ledger_at_work",
    Category.CONFLICT,
    zh="另一个命令正在补齐或重建 {district} 的账本，请等它结束。",
    en="Another command is putting the ledger of {district} together; wait until it has ended.",
    retry=True,
)
_LEDGER = 0x6C6467
"""Names the ledger's locks among a database's advisory ones."""


@contextmanager
def alone(district: str) -> Iterator[None]:
    """Nobody else is within at the same time; who dies within lets the next one in. Refused: `ledger_at_work`."""
    with _in_postgresql(district) if db.engine.dialect.name == "postgresql" else _beside_the_file(district):
        yield


@contextmanager
def _in_postgresql(district: str) -> Iterator[None]:
    lock = (_LEDGER, int(district))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(*lock))):
            raise LEDGER_AT_WORK(district=district)
        try:
            yield
        finally:
            connection.scalar(select(func.pg_advisory_unlock(*lock)))


@contextmanager
def _beside_the_file(district: str) -> Iterator[None]:
    with Path(f"{db.engine.url.database}.{district}.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LEDGER_AT_WORK(district=district) from None
        yield
