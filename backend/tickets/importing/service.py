"""Third step of an import: batches of rows go into the books, each row once, and every row is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.kit import audit, pace
from backend.kit.db import transaction
from backend.tickets.importing.file import RowUnfit, Table, open_table
from backend.tickets.importing.row import Values, ticket_from
from backend.tickets.models import Ticket
from backend.wiring import DISTRICT_UNKNOWN, settings

BATCH = 500
_MOST_PROBLEMS = 1_000
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
    path: Path | str, district: str, *, progress: Progress | None = None, actor: str = "console:import"
) -> ImportResult:
    """Take over the tickets of a file with the columns `COLUMNS`, plain or gzip, times with offset, WGS84.

    A row is known by its source and ticket_id, so a second import adds nothing. A row that cannot be taken is counted
    by a code and the others go on. Refused as a whole, before anything is written: `import_file_unreadable`,
    `import_file_broken`, `import_columns_missing`, `district_unknown`.
    """
    if district not in settings().service.districts:
        raise DISTRICT_UNKNOWN()
    table = open_table(Path(path))
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
    """One transaction; what is there already is left as it is. Two imports at once take turns, so the counts are exact."""
    with transaction() as session:
        pace.hold(batch[0]["district"], "import", "tickets")
        known = _known(session, batch)
        fresh = {(values["source"], values["source_id"]): values for values in reversed(batch)}
        added = [values for key, values in reversed(fresh.items()) if key not in known]
        if added:
            session.execute(insert(Ticket.__table__), added)  # type: ignore[arg-type]
    result.imported += len(added)
    result.known += len(batch) - len(added)


def _known(session: Session, batch: list[Values]) -> set[tuple[str, str]]:
    """Which of these rows are in the books."""
    query = (
        select(Ticket.source, Ticket.source_id)
        .where(Ticket.district == batch[0]["district"])
        .where(Ticket.source.in_({values["source"] for values in batch}))
        .where(Ticket.source_id.in_([values["source_id"] for values in batch]))
    )
    return {(source, source_id) for source, source_id in session.execute(query)}
