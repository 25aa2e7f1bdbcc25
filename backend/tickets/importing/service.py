"""Third step of an import: batches of rows go into the books, each row once, and every row is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite

from backend.kit import audit
from backend.kit.db import transaction
from backend.tickets.importing.file import RowUnfit, Table, open_table
from backend.tickets.importing.row import Values, ticket_from
from backend.tickets.models import Ticket
from backend.wiring import district_of

BATCH = 500
_MOST_PROBLEMS = 1_000
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Progress = Callable[[int, int], object]
"""Called after each batch with the rows done and the rows there are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was refused: its line in the file (the header is line 1) and why."""

    line: int
    code: str


@dataclass
class ImportResult:
    """What became of every row: `rows == imported + known + sum(refused.values())`."""

    rows: int = 0
    imported: int = 0
    known: int = 0
    refused: dict[str, int] = field(default_factory=Counter)
    marked: dict[str, int] = field(default_factory=Counter)
    """How many of the rows taken, or known, have each oddity."""
    problems: list[Problem] = field(default_factory=list)
    """The first thousand refused rows."""


def import_csv(
    path: Path | str, district: str | None, *, progress: Progress | None = None, actor: str = "console:import"
) -> ImportResult:
    """Take over the tickets of a file with the columns `COLUMNS`, plain or gzip, times with offset, WGS84.

    A row is known by its source and ticket_id, so a second import adds nothing. A row that cannot be taken is counted
    by a code and the others go on. Refused as a whole, before anything is written: `import_file_unreadable`,
    `import_file_broken`, `import_columns_missing`, `district_unknown`.
    """
    district, table = district_of(district), open_table(Path(path))
    result = ImportResult()
    taken = _taken(table, district, result)
    while batch := list(islice(taken, BATCH)):
        _store(batch, result)
        if progress is not None:
            progress(result.rows, table.rows)
    if progress is not None:
        progress(result.rows, table.rows)
    if result.imported:
        with transaction():
            audit.record(district, actor, "tickets.imported", f"file:{Path(path).name[:100]}", rows=result.imported)
    return result


def _taken(table: Table, district: str, result: ImportResult) -> Iterator[Values]:
    """The rows that can be taken; the others are counted on the way."""
    for line, raw in table.lines():
        result.rows += 1
        try:
            values = ticket_from(district, table.fields(raw))
        except RowUnfit as unfit:
            result.refused[unfit.code] = result.refused.get(unfit.code, 0) + 1
            if len(result.problems) < _MOST_PROBLEMS:
                result.problems.append(Problem(line, unfit.code))
            continue
        for mark in values["marks"]:
            result.marked[mark] = result.marked.get(mark, 0) + 1
        yield values


def _store(batch: list[Values], result: ImportResult) -> None:
    """One transaction; what is there already is left as it is."""
    with transaction() as session:
        statement = _INSERT[session.get_bind().dialect.name](Ticket.__table__).on_conflict_do_nothing(
            index_elements=["district", "source", "source_id"]
        )
        done = session.execute(statement, batch, execution_options={"preserve_rowcount": True})
        assert isinstance(done, CursorResult)  # noqa: S101 - an insert answers with its count
        added = done.rowcount
    result.imported += added
    result.known += len(batch) - added
