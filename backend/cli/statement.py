"""`civic ledger statement`: an account's movements as a table; who asked is written down."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from backend.cli.named import write_down
from backend.journal import service as journal
from backend.kit.clock import now
from backend.kit.days import zone
from points.errors import Category, kind
from points.ledger import chart

ACCOUNT_UNKNOWN = kind(
    "account_unknown",
    Category.INVALID,
    zh="没有“{account}”这样的账户。账户为 world、pending、held，"
    "或 fund:名称、resident:编号、merchant:编号、clearing:区划。",
    en="“{account}” is no account. Accounts are world, pending, held, fund:NAME, resident:ID, merchant:ID and "
    "clearing:DISTRICT.",
)


MOMENT_AHEAD = kind(
    "moment_ahead",
    Category.INVALID,
    zh="{at} 还没有到，那时的账目无从得知。",
    en="{at} has not come yet; how the account will stand then is not known.",
)


def refuse_unknown(account: str) -> None:
    """Refused with `account_unknown` when the chart of accounts has no such name."""
    if not chart.is_account(account):
        raise ACCOUNT_UNKNOWN(account=account)


def print_statement(district: str, account: str, by: str, at: datetime | None = None) -> None:
    """Every movement, newest first; up to a moment of the district's time, if one is given.

    An account without any is said to have none. Refused: `moment_ahead`.
    """
    moment = None if at is None else at.replace(tzinfo=zone())
    if moment is not None and moment > now():
        raise MOMENT_AHEAD(at=moment.isoformat())
    write_down(district, by, "statement.read", account)
    table = Table(title=f"{account} · {district}" + (f" · {moment.isoformat()}" if moment else ""))
    for heading in ("no.", "at", "kind", "points", "balance"):
        table.add_column(heading, justify="right" if heading in ("no.", "points", "balance") else "left")
    before: int | None = None
    while True:
        page = journal.statement(district, account, before, 200, moment)
        for line in page.items:
            table.add_row(str(line.number), line.at.isoformat(), line.kind, f"{line.amount:+}", str(line.balance))
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)
    if moment is not None:
        click.echo(f"{account} {moment.isoformat()} {journal.balance_at(district, account, moment)}")
    if table.row_count == 0:
        click.echo(f"{account} 尚无记账 · no movements")
        return
    Console().print(table)
