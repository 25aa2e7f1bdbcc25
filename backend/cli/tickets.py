"""`civic tickets`: taking over the tickets of another system from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backend.cli.named import AS, actor
from backend.cli.where import DATA, ONE_DISTRICT

if TYPE_CHECKING:
    from backend.tickets.importing import ImportResult

_MOST_LINES = 20


@click.group()
def tickets() -> None:
    """Tickets about places."""


@tickets.command("import")
@click.argument("csv", type=click.Path())
@DATA
@ONE_DISTRICT
@AS
def import_tickets(csv: str, data: str | None, district: str | None, by: str) -> None:
    """Take over the tickets of CSV, plain or gzip; a second time adds nothing.

    The columns are source, ticket_id, category, subcategory, created_at, sla_due_at, closed_at, status, on_time,
    is_duplicate, closure_class, channel, anonymous, area, lat, lon: times in ISO 8601 with offset, positions in WGS84.
    Imported tickets have no reporter and earn nothing.
    """
    from pathlib import Path

    from rich.console import Console

    from backend.cli.existing import refuse_nothing
    from backend.cli.place import service
    from backend.cli.progress import bar
    from backend.tickets.importing import import_csv
    from backend.tickets.importing.file import open_table

    open_table(Path(csv))  # a wrong file is refused before anything is started
    refuse_nothing(data)
    with service(data), bar(Console(stderr=True), "导入工单 · importing tickets") as progress:
        result = import_csv(csv, district, progress=progress, actor=actor(by))
    _say(result)


def _say(result: ImportResult) -> None:
    """Every row accounted for; the first refused ones by line, on the error stream."""
    click.echo(f"rows      {result.rows}")
    click.echo(f"imported  {result.imported}")
    click.echo(f"known     {result.known}")
    for what, counts in (("refused", result.refused), ("marked", result.marked)):
        for code in sorted(counts):
            click.echo(f"{what:9} {counts[code]} {code}")
    for problem in result.problems[:_MOST_LINES]:
        click.echo(f"line {problem.line}: {problem.code}", err=True)
    if sum(result.refused.values()) > _MOST_LINES:
        click.echo(f"… {sum(result.refused.values()) - _MOST_LINES} more", err=True)
