"""`civic ledger`: proving that ledger and journal say the same, and reading an account."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from backend.cli.place import service
from backend.journal import service as journal
from backend.journal.check import compare
from backend.kit import audit
from backend.kit.db import transaction
from backend.wiring import settings


def verify(data: str | None, district: str | None) -> bool:
    """Check every district, or one; prints a line for each and answers whether all holds."""
    with service(data):
        results = [compare(name) for name in ([district] if district else settings().service.districts)]
    for result in results:
        click.echo(result.line)
    return all(result.holds for result in results)


def statement(data: str | None, district: str | None, account: str, by: str) -> None:
    """Print an account's movements, newest first; who asked is written down."""
    with service(data):
        wanted = district or settings().service.districts[0]
        with transaction():
            audit.record(wanted, f"console:{by}"[:60], "statement.read", account)
        table = Table(title=f"{account} · {wanted}")
        for heading in ("no.", "at", "kind", "points", "balance"):
            table.add_column(heading, justify="right" if heading in ("no.", "points", "balance") else "left")
        before: int | None = None
        while True:
            page = journal.statement(wanted, account, before, 200)
            for line in page.items:
                table.add_row(str(line.number), line.at.isoformat(), line.kind, f"{line.amount:+}", str(line.balance))
            if page.next_cursor is None:
                break
            before = int(page.next_cursor)
        Console().print(table)
