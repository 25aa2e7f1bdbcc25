"""`civic ledger statement`: an account's movements as a table; who asked is written down."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from backend.journal import service as journal
from backend.kit import audit
from backend.kit.days import zone
from backend.kit.db import transaction


def print_statement(district: str, account: str, by: str) -> None:
    """Every movement, newest first."""
    _write_down(district, account, by)
    table = Table(title=f"{account} · {district}")
    for heading in ("no.", "at", "kind", "points", "balance"):
        table.add_column(heading, justify="right" if heading in ("no.", "points", "balance") else "left")
    before: int | None = None
    while True:
        page = journal.statement(district, account, before, 200)
        for line in page.items:
            table.add_row(str(line.number), line.at.isoformat(), line.kind, f"{line.amount:+}", str(line.balance))
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)
    Console().print(table)


def print_balance(district: str, account: str, by: str, at: datetime) -> None:
    """What the account held at a moment, given in the district's time."""
    _write_down(district, account, by)
    moment = at.replace(tzinfo=zone())
    click.echo(f"{account} {moment.isoformat()} {journal.balance_at(district, account, moment)}")


def _write_down(district: str, account: str, by: str) -> None:
    with transaction():
        audit.record(district, f"console:{by}"[:60], "statement.read", account)
