"""The service under test: real servers, real SQL (both), a clock that stands still."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, make_url

from backend.app import create_app
from backend.journal import commits
from backend.journal.commits import DistrictJournal
from backend.journal.service import entry as entry_of
from backend.kit.db import db
from backend.settings import Settings, load
from backend.wiring import wire
from points.clock import Clock, FixedClock
from tests.postgres import Postgres

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""A Friday noon in the district."""
DISTRICT = "370112"
OTHER_DISTRICT = "370102"


def databases() -> list[str]:
    """What the tests run on: SQLite and PostgreSQL unless CIVIC_TEST_SQL names one."""
    return os.environ.get("CIVIC_TEST_SQL", "sqlite,postgresql").split(",")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture(scope="session")
def sqlite_template(servers_directory: Path) -> Path:
    """A SQLite file with all tables and no rows; tests work on copies."""
    path = servers_directory / "template.sqlite"
    make_tables(f"sqlite:///{path}", servers_directory)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres, servers_directory: Path) -> str:
    """The name of a PostgreSQL database with all tables and no rows, for who wants a copy of their own."""
    url = postgres_server.fresh()
    make_tables(url, servers_directory)
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def postgres_books(postgres_server: Postgres, servers_directory: Path) -> str:
    """One PostgreSQL database with all tables for all tests of this process, emptied after each."""
    url = postgres_server.fresh()
    make_tables(url, servers_directory)
    return url


@pytest.fixture(params=databases())
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of each kind, with all tables and no rows."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = template.with_name("books.sqlite")
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_books")
    yield url
    _empty(url)


def _empty(url: str) -> None:
    """Take all rows out of a PostgreSQL database; much quicker than another database for each test."""
    names = "; ".join(f'DELETE FROM "{table.name}"' for table in db.metadata.tables.values())
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute("SET lock_timeout = '10s'; SET session_replication_role = replica; " + names)


def make_tables(url: str, directory: Path) -> None:
    """Make all tables in an empty database."""
    nowhere = {"url": "unix:///nowhere"}  # no table is in Redis
    given = {"database": {"url": url}, "redis": nowhere, "cache": nowhere, "service": {"data_dir": str(directory)}}
    app = create_app(load({}, given | {"limits": {"enabled": False}}))
    with app.app_context():
        db.create_all()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    """Settings a test wants otherwise; a module may override this fixture."""
    return {}


@pytest.fixture
def shares() -> bool:
    """Whether a test may use an application that others use too; not one that adds routes to it."""
    return True


@pytest.fixture
def app(
    ledger_server: Any,
    cache_server: Any,
    fresh_redis: Any,
    fresh_cache: Any,
    database_url: str,
    tmp_path: Path,
    clock: FixedClock,
    overrides: dict[str, dict[str, Any]],
    shares: bool,
) -> Iterator[Flask]:
    """The whole application on empty servers, with an app context pushed."""
    make = _built if shares else build
    made = make(database_url, ledger_server.url, cache_server.url, tmp_path, clock, overrides)
    with made.app_context():
        yield made
        put_away(made)


_BUILT: dict[tuple[str, ...], Flask] = {}


def _built(
    database_url: str,
    ledger_url: str,
    cache_url: str,
    data_dir: Path,
    clock: Clock,
    overrides: Mapping[str, Mapping[str, Any]],
) -> Flask:
    """As `build`; an application with no settings of its own is built once for each database and wired anew."""
    place = (database_url, ledger_url, cache_url)
    if overrides or place not in _BUILT:
        made = build(database_url, ledger_url, cache_url, data_dir, clock, overrides)
        if not overrides:
            _BUILT[place] = made
        return made
    made = _BUILT[place]
    parts = wire(made, _settings(database_url, ledger_url, cache_url, data_dir, overrides), clock)
    parts.journal, parts.entry_of = DistrictJournal, entry_of
    return made


def build(
    database_url: str,
    ledger_url: str,
    cache_url: str,
    data_dir: Path,
    clock: Clock,
    overrides: Mapping[str, Mapping[str, Any]],
) -> Flask:
    """The application as the tests run it, two districts and no limits on how often one may ask."""
    made = create_app(_settings(database_url, ledger_url, cache_url, data_dir, overrides), clock)
    if database_url.startswith("sqlite"):
        with made.app_context():
            event.listen(db.engine, "connect", _wait_longer)
    return made


def put_away(app: Flask) -> None:
    """Close all connections of an application, in its context: what is merely forgotten is closed in any later test."""
    commits.stop(app)
    if client := vars(app.extensions["civic_parts"]).get("ledger_client"):
        client.close()
    db.session.remove()
    db.engine.dispose()


def _wait_longer(connection: Any, _record: object) -> None:
    """Who writes to one file at once takes turns by luck: on a busy machine the last of many waits long."""
    connection.execute("PRAGMA busy_timeout=60000")


def _settings(
    database_url: str, ledger_url: str, cache_url: str, data_dir: Path, overrides: Mapping[str, Mapping[str, Any]]
) -> Settings:
    base: dict[str, dict[str, Any]] = {
        "service": {"data_dir": str(data_dir), "districts": [DISTRICT, OTHER_DISTRICT], "public_docs": False},
        "database": {"url": database_url},
        "redis": {"url": ledger_url, "skew_seconds": 10.0**9, "fenced": False},
        "cache": {"url": cache_url},
        "secrets": {"signing_key": "s" * 40, "field_key": "f" * 40, "index_key": "i" * 40, "root_key": "r" * 40},
        "limits": {"enabled": False},
    }
    for section, values in overrides.items():
        base[section] = base.get(section, {}) | dict(values)
    return load({}, base)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
