"""Before a second person says yes: what changes, in words, and what the simulation found, in a few lines."""

from __future__ import annotations

from typing import Any

import click

from backend.cli import rules_words
from backend.kit.db import db

_HEADLINE = (
    "total",
    "books before",
    "cost in yuan",
    "residents who gain",
    "residents who lose",
    "residents as before",
    "gini",
    "budget: runs out",
)


def show_difference(zh: list[str], en: list[str], *, beside: bool) -> None:
    """One line for each change; says when there is nothing to compare with, or nothing changes."""
    for one, other in zip(zh, en, strict=True):
        click.echo(f"{one} / {other}")
    if not beside:
        click.echo("没有现行规则可对照 / no pack is in force to compare with")
    elif not zh:
        click.echo("与现行规则没有差别 / nothing changes")


def show_simulation(simulation: dict[str, Any] | None) -> None:
    """The period and the headline of a simulation."""
    if simulation is None:
        click.echo("没有试算 / there is no simulation")
        return
    first, last = simulation["from"] or "…", simulation["to"] or simulation["at"][:10]
    click.echo(f"试算时段 / tried on {first} – {last}")
    for row in simulation["rows"]:
        is_headline = row["section"] in _HEADLINE and row["new"] not in (None, "")
        if is_headline and (row["name"] == "all" or not row["section"].startswith("residents")):
            part, name = rules_words.section(row["section"]), rules_words.name(row["name"])
            old = "" if row["old"] in (None, "") else f"（现行 / old {rules_words.figure(row['old'])}）"
            click.echo(f"  {part} · {name}：{rules_words.figure(row['new'])}{old}")


def confirmed(question: str, yes: bool) -> None:
    """Go on only when a person says so, or the command said `--yes`."""
    db.session.rollback()  # nothing stays open while somebody reads
    if not yes:
        click.confirm(question, abort=True, err=True)
