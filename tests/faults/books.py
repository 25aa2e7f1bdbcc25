"""How the books are copied while they are written, and put up again on an empty machine: SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from sqlalchemy import make_url

from tests.app import DISTRICT
from tests.postgres import Postgres, find_binaries

HEAD = f"SELECT number, hash FROM journal_head WHERE district = '{DISTRICT}'"


class Books(Protocol):
    """One sort of books."""

    env: Mapping[str, str]
    """What tells a service where they are."""

    def copy(self, data: Path, backup: Path) -> None:
        """As of one moment, while they are written."""

    def lose(self) -> None:
        """They are gone with their machine; the data directory is taken away by whoever asks."""

    def restore(self, data: Path) -> Mapping[str, str]:
        """Put up what was copied, which lies in a data directory now; what tells a service where it is."""

    def head(self, data: Path) -> tuple[int, str]:
        """Where the journal ends in the books that were restored, or are in a data directory: number and hash."""


class SqliteBooks:
    """A file in the data directory."""

    env: Mapping[str, str] = {}

    def copy(self, data: Path, backup: Path) -> None:
        with sqlite3.connect(data / "books.sqlite") as books, sqlite3.connect(backup / "books.sqlite") as copied:
            books.backup(copied)
        books.close()
        copied.close()

    def lose(self) -> None:
        pass

    def restore(self, data: Path) -> Mapping[str, str]:
        return {}

    def head(self, data: Path) -> tuple[int, str]:
        with sqlite3.connect(data / "books.sqlite") as books:
            found = books.execute(HEAD).fetchone()
        books.close()
        return int(found[0]), str(found[1])


class PostgresBooks:
    """A server of its own, copied by `pg_dump` and put up again by `pg_restore` on another new server."""

    def __init__(self) -> None:
        binaries = find_binaries()
        if binaries is None or not all((binaries / tool).exists() for tool in ("pg_dump", "pg_restore")):
            pytest.skip("no PostgreSQL with pg_dump and pg_restore is here")
        self._tools = binaries
        self._servers = [Postgres.make(fsync=False).start()]
        self._url = self._servers[0].fresh()
        self.env: Mapping[str, str] = {"CIVIC_DATABASE_URL": self._url}

    def copy(self, data: Path, backup: Path) -> None:
        self._run("pg_dump", "--format=custom", f"--file={backup / 'books.dump'}", self._plain())

    def lose(self) -> None:
        self._servers.pop().remove()

    def restore(self, data: Path) -> Mapping[str, str]:
        if not self._servers:
            self._servers.append(Postgres.make(fsync=False).start())
        self._url = self._servers[0].fresh()
        self._run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={self._plain()}", str(data / "books.dump"))
        return {"CIVIC_DATABASE_URL": self._url}

    def head(self, data: Path) -> tuple[int, str]:
        with psycopg.connect(self._plain()) as books:
            found = books.execute(HEAD).fetchone()
        assert found is not None
        return int(found[0]), str(found[1])

    def remove(self) -> None:
        while self._servers:
            self._servers.pop().remove()

    def _plain(self) -> str:
        return make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)

    def _run(self, tool: str, *arguments: str) -> None:
        subprocess.run([str(self._tools / tool), *arguments], check=True, capture_output=True)


@contextmanager
def books_of(kind: str) -> Iterator[Books]:
    """Books of one sort, gone at the end."""
    made = PostgresBooks() if kind == "postgresql" else SqliteBooks()
    try:
        yield made
    finally:
        if isinstance(made, PostgresBooks):
            made.remove()
