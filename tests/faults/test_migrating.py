"""kill -9 in the midst of a migration: what was there is whole, and the next start carries it to its end."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import MetaData, Table, event, select, text

from backend.app import create_app
from backend.cli.migrate import migrate
from backend.kit.db import Moment, db
from backend.residents.models import Resident
from backend.settings import load
from tests.app import DISTRICT, NOON, databases
from tests.cast import Cast
from tests.faults.service import ROUNDS
from tests.servers import Valkey

FIRST = "0001"
SOMEBODY = "01a204a0-0000-7000-8000-000000000001"
STATEMENTS = 40
"""About so many are there in the migrations after the first; where there are fewer, that is found out."""
Make = Callable[[str], Flask]


@pytest.fixture
def make(tmp_path: Path, cache_server: Valkey) -> Make:
    """Makes the application on some books."""
    return lambda url: create_app(
        load(
            {},
            {
                "database": {"url": url},
                "redis": {"url": "unix:///nowhere"},
                "cache": {"url": cache_server.url},
                "service": {"data_dir": str(tmp_path)},
                "limits": {"enabled": False},
            },
        )
    )


@pytest.fixture(params=databases())
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], str]:
    """The address of empty books, by number."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        return lambda number: str(server.fresh())
    return lambda number: f"sqlite:///{tmp_path / f'books{number}.sqlite'}"


def _killed_while_migrating(make: Make, url: str, statement: int) -> bool:
    """Migrate in a process of its own that is killed before its nth statement; answers whether it came that far."""
    pid = os.fork()
    if not pid:
        try:
            app = make(url)
            with app.app_context():
                seen = []

                def die(*_: object) -> None:
                    seen.append(1)
                    if len(seen) == statement:
                        os.kill(os.getpid(), signal.SIGKILL)

                event.listen(db.engine, "before_cursor_execute", die)
            migrate(app)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _old_books(make: Make, url: str) -> Flask:
    """Books as the first version left them, with a resident."""
    app = make(url)
    with app.app_context():
        flask_migrate.upgrade(revision=FIRST)
        with db.engine.execution_options(civic_write=True).begin() as connection:
            residents = Table("resident", MetaData(), autoload_with=connection)
            told = {
                "district": DISTRICT,
                "id": SOMEBODY,
                "openid_index": "i" * 64,
                "openid_sealed": "s",
                "closed": False,
            }
            connection.execute(residents.insert().values(**told, street="370112001", created_at=NOON))
        _let_go()
    return app


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()


def _revision() -> str:
    return str(db.session.scalar(text("SELECT version_num FROM alembic_version")))


def _same_type(_context: object, _column: object, _other: object, found: object, wanted: object) -> bool | None:
    return False if isinstance(wanted, Moment) else None


def _check(app: Flask) -> None:
    with app.app_context():
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
            assert compare_metadata(context, db.metadata) == []
        assert list(db.session.scalars(select(Resident.id))) == [SOMEBODY]
        Cast(app).resident()
        _let_go()


def _kill_migrations(make: Make, fresh: Callable[[int], str], wanted: int) -> None:
    drawn, kills, far = random.Random(4), 0, STATEMENTS
    for number in range(10 * wanted):
        url = fresh(number)
        app = _old_books(make, url)
        if not _killed_while_migrating(make, url, statement := drawn.randrange(1, far)):
            far = max(2, statement)  # there are not so many
            continue
        with app.app_context():
            assert _revision() == FIRST  # all or nothing
            assert db.session.scalar(text("SELECT count(*) FROM resident")) == 1
            _let_go()
        migrate(app)
        _check(app)
        kills += 1
        if kills == wanted:
            break
    assert kills == wanted
    assert far > 10  # at very different places
    print(f"{kills} migrations killed before one of {far} statements, each went on to the end")


def test_kill_9_during_a_migration_leaves_the_books_as_they_were_and_it_resumes(
    make: Make, fresh: Callable[[int], str]
) -> None:
    _kill_migrations(make, fresh, 2)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_during_migrations_leave_the_books_whole(make: Make, fresh: Callable[[int], str]) -> None:
    _kill_migrations(make, fresh, ROUNDS)
