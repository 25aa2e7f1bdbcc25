"""Alembic's way into our tables; called by Flask-Migrate with an application context pushed."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from backend.kit.db import Moment, db

LOCK = 370_112
"""Two services that start at once migrate one after the other."""


def run() -> None:
    """Run the missing migrations in one transaction: all or nothing, so that a killed one starts anew."""
    with db.engine.connect() as connection:
        writing = connection.execution_options(civic_write=True)
        context.configure(
            connection=writing,
            target_metadata=db.metadata,
            render_as_batch=writing.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,  # of SQLite too: Alembic would commit after each migration
            render_item=_render,
            **_own(),
        )
        with writing.begin():
            if writing.dialect.name == "postgresql":
                writing.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            _migrate(writing)


def _migrate(connection: Connection) -> None:
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, value: object, _context: object) -> str | bool:
    """Migrations name SQL's own types, not ours, which may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Moment) else False


def _own() -> dict[str, object]:
    arguments: dict[str, object] = current_app.extensions["migrate"].configure_args
    return {name: value for name, value in arguments.items() if name not in ("compare_type", "render_as_batch")}


run()
