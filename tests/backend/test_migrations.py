"""Migrations lead from nothing to exactly the tables of the models, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from backend.app import create_app
from backend.cli.migrate import migrate
from backend.kit.db import Moment, db
from backend.settings import ROOT, load
from tests.postgres import Postgres

NOWHERE = {"url": "unix:///nowhere"}
"""No table is in Redis."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    url = f"sqlite:///{tmp_path / 'books.sqlite'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        url = server.fresh()
    given = {"database": {"url": url}, "redis": NOWHERE, "cache": NOWHERE, "service": {"data_dir": str(tmp_path)}}
    app = create_app(load({}, given | {"limits": {"enabled": False}}))
    yield app
    with app.app_context():
        db.engine.dispose()


def same_type(_context: object, _column: object, _other: object, found: object, wanted: object) -> bool | None:
    """Our own type of time is the database's."""
    return False if isinstance(wanted, Moment) else None


def test_migrations_make_the_tables_of_the_models(empty: Flask) -> None:
    migrate(empty)
    with empty.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, db.metadata) == []


def test_migrating_twice_changes_nothing(empty: Flask) -> None:
    migrate(empty)
    with empty.app_context():
        before = sorted(inspect(db.engine).get_table_names())
    migrate(empty)
    with empty.app_context():
        assert sorted(inspect(db.engine).get_table_names()) == before


def test_a_migration_that_is_cut_off_leaves_nothing_and_starts_anew(
    empty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        """The process ends in the middle."""

    made = 0
    create = Operations.create_table

    def cut_after_five(self: Operations, *arguments: object, **named: object) -> object:
        nonlocal made
        made += 1
        if made > 5:
            raise PowerCut
        return create(self, *arguments, **named)

    monkeypatch.setattr(Operations, "create_table", cut_after_five)
    with pytest.raises(PowerCut):
        migrate(empty)
    monkeypatch.undo()
    with empty.app_context():
        db.session.remove()
        assert inspect(db.engine).get_table_names() == []
    migrate(empty)
    with empty.app_context():
        assert len(inspect(db.engine).get_table_names()) > 30


def test_two_services_that_start_at_once_migrate_in_turn(postgres_server: Postgres) -> None:
    url = postgres_server.fresh()
    given = {"database": {"url": url}, "redis": NOWHERE, "cache": NOWHERE, "limits": {"enabled": False}}
    code = (
        "from backend.app import create_app\nfrom backend.cli.migrate import migrate\n"
        "from backend.settings import load\n"
        f"migrate(create_app(load({{}}, {given!r})))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=110)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
