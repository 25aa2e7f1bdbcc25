"""Before a command acts: the person it acts for, who stands in the audit log."""

from __future__ import annotations

import click


def _a_name(_context: click.Context, _option: click.Parameter, given: str) -> str:
    if not given.strip():
        raise click.BadParameter("请写明姓名 / a name is needed")
    return given.strip()


AS = click.option(
    "--as", "by", required=True, metavar="NAME", callback=_a_name, help="who does this, for the audit log"
)


def actor(by: str) -> str:
    """How somebody at the command line is called in the audit log."""
    return f"console:{by}"[:60]


def write_down(district: str, by: str, action: str, subject: str, **details: str | int | bool | None) -> None:
    """Put into the audit log that somebody asked for this, before it is done; needs an app context."""
    from backend.kit import audit
    from backend.kit.db import transaction

    with transaction():
        audit.record(district, actor(by), action, subject, **details)
