"""The books: one SQL session, one way to commit, and the column types that every table shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, Select, String, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from points.errors import Category, Kind, kind

NOT_FOUND = kind("not_found", Category.NOT_FOUND, zh="没有找到。", en="Nothing was found here.")
BOOKS_UNAVAILABLE = kind(
    "books_unavailable",
    Category.UNAVAILABLE,
    zh="账簿数据库暂时不可用，请稍后重试。",
    en="The books cannot be reached just now; try again shortly.",
    retry=True,
)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC; a naive one is refused before it can be stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DistrictRow:
    """A row of one district: its key begins with the district, so that tables can be partitioned by it."""

    district: Mapped[str] = mapped_column(String(12), primary_key=True, sort_order=-2)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, sort_order=-1)


Row = TypeVar("Row", bound=DistrictRow)
_LONGEST_ID = 36


def rows(model: type[Row], district: str) -> Select[Row]:
    """All rows of a model in one district; every list starts here, so no list can leave its district."""
    return select(model).where(model.district == district)


def find(model: type[Row], district: str, identifier: str, *, lock: bool = False, missing: Kind = NOT_FOUND) -> Row:
    """One row by its key; raises `missing` (404) when there is none. `lock` holds it until the transaction ends."""
    if len(identifier) > _LONGEST_ID or not identifier.isprintable():  # PostgreSQL takes no NUL
        raise missing()
    found = db.session.get(
        model, (district, identifier), with_for_update=True if lock else None, populate_existing=lock
    )
    if found is None:
        raise missing()
    return found


def ensure(model: type[Base], *values: dict[str, Any]) -> None:
    """Insert the rows that are missing, in the open transaction; rows with the same key stay as they are."""
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[db.session.get_bind().dialect.name]
    db.session.execute(insert(model).values(list(values)).on_conflict_do_nothing())


Result = TypeVar("Result")


def once_more_if_raced(work: Callable[[], Result]) -> Result:
    """Do `work`; when somebody made the same row meanwhile, do it again, and its own checks find that row."""
    try:
        return work()
    except IntegrityError:
        db.session.rollback()
        return work()


_SQLITE_OUTAGES = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "PROTOCOL")
_POSTGRESQL_OUTAGES = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rollback, resources, not in state, operator, system."""


def is_outage(error: DBAPIError) -> bool:
    """Whether the database is away, full, locked or in the way of another; trying again may help."""
    cause: Any = error.orig
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name:
        return name.removeprefix("SQLITE_").startswith(_SQLITE_OUTAGES)
    state = str(getattr(cause, "sqlstate", None) or "")
    return state.startswith(_POSTGRESQL_OUTAGES) if state else isinstance(error, OperationalError | InterfaceError)


_OPEN = "civic_transaction_open"
_AFTER = "civic_after_commit"
_UNDO = "civic_after_rollback"


@contextmanager
def transaction() -> Iterator[Session]:
    """The only way to commit: all or nothing, once per use case. A transaction inside another joins it."""
    session = cast(Session, db.session())
    if session.info.get(_OPEN):
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside transaction()")
    session.rollback()  # ends a read that began before, so that the write starts on fresh ground
    session.info |= {_OPEN: True, _AFTER: [], _UNDO: []}
    try:
        session.connection(execution_options={"civic_write": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        session.info[_AFTER] = []
        for undo in reversed(session.info[_UNDO]):
            undo()
        raise
    finally:
        session.info[_OPEN] = False
    hooks: list[Callable[[], object]] = session.info.pop(_AFTER)
    for hook in hooks:
        hook()


def in_transaction() -> bool:
    """Whether a `transaction()` is open in this context."""
    return bool(db.session().info.get(_OPEN))


def after_commit(hook: Callable[[], object]) -> None:
    """Run `hook` once the transaction that is open now has been committed; never when it is rolled back."""
    session = db.session()
    if not session.info.get(_OPEN):
        raise RuntimeError("after_commit() needs an open transaction()")
    session.info[_AFTER].append(hook)


def after_rollback(hook: Callable[[], object]) -> None:
    """Run `hook` if the transaction that is open now is rolled back: to take back what was done outside the books."""
    session = db.session()
    if not session.info.get(_OPEN):
        raise RuntimeError("after_rollback() needs an open transaction()")
    session.info[_UNDO].append(hook)


def prepare_engine(engine: Engine) -> None:
    """SQLite: real transactions (IMMEDIATE for writers), foreign keys, WAL, full sync. PostgreSQL: bounded waits."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)


def _sqlite_connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get("civic_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(url: str) -> dict[str, Any]:
    """How the pool and the driver are set for a database: waits end, so that a hung database cannot hang requests.

    What a failed statement was given stays out of its message, and so out of the log.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 3,
            "options": "-c lock_timeout=5000 -c statement_timeout=30000 -c timezone=UTC",
        },
    }
