"""One job's turn: whatever becomes of it, the thread that does it lives on and the next turn begins afresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.kit.db import db
from backend.workers import __main__ as worker
from backend.workers.schedule import Job


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """Without a context of the test's own: each turn has one."""
    db.session.remove()
    return app


def look(_district: str) -> None:
    db.session.execute(text("SELECT 1"))


def test_books_that_die_when_they_are_let_go_do_not_end_the_thread(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is killed may still answer the rollback: that the connection ends."""
    died, dialect = [], db.engine.dialect
    rollback = dialect.do_rollback

    def die(connection: Any) -> None:
        rollback(connection)
        if not died:
            died.append(1)
            connection.close()
            raise OperationalError("ROLLBACK", None, Exception("terminating connection due to unexpected exit"))

    run = worker._run(app, Job("look", 1.0, look), "")
    assert run()
    monkeypatch.setattr(dialect, "do_rollback", die)
    assert not run()
    assert died
    assert [run() for _ in range(5)] == [True] * 5
