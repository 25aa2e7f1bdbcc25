"""`civic doctor`: whether everything that must hold does hold, and what to do where it does not."""

from __future__ import annotations

import click

from backend.cli.where import DATA


@click.command()
@DATA
def doctor(data: str | None) -> None:
    """Look the service over; exit code 0 only when all holds. Lines begin with ok, note or bad."""
    from backend.cli.checkup import findings
    from backend.cli.existing import refuse_nothing
    from backend.cli.place import service

    whole = True
    refuse_nothing(data)
    with service(data, opens=False, migrates=False) as app:
        for finding in findings(app):
            click.echo(f"{finding.mark:4}  {finding.zh}\n      {finding.en}")
            whole = whole and finding.mark != "bad"
    raise SystemExit(0 if whole else 1)
