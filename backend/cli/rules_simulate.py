"""`civic rules simulate`: a period's deeds through a pack and the one in force, with tables, a picture and a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from points.rules import load_pack
from points.rules.fit import fit_factor
from points.rules.picture import picture
from points.rules.report import Row, rows, write_csv
from points.rules.simulate import Job, run_jobs
from points.rules.trial import Trial


def run(
    *,
    file: Path,
    against: Path,
    beside: Path | None,
    first: str | None,
    last: str | None,
    table: Path | None,
    picture_file: Path | None,
    fit: int | None,
    language: str,
) -> None:
    """Try the pack, print the table, write what was asked for."""
    pack = load_pack(file)
    if beside is not None:
        load_pack(beside)
    days = (_day(first), _day(last))
    jobs = [Job(each, against, *days) for each in (file, beside) if each is not None]
    trials = _tried(jobs, against)
    new, old = trials[0], trials[1] if len(trials) > 1 else None
    found = rows(new, old, pack)
    _print(found, old is not None)
    if table is not None:
        with table.open("w", encoding="utf-8", newline="") as out:
            write_csv(found, out)
    if picture_file is not None:
        picture_file.write_text(picture(new, old, pack.title.say(language)), "utf-8")
    if fit is not None:
        _fit(Job(file, against, *days), fit, against)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as wrong:
        raise click.UsageError(f"没有这一天 / no such day: {text}") from wrong


def _tried(jobs: list[Job], history: Path) -> list[Trial]:
    with history.open("rb") as lines:
        total = max(0, sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b"")) - 1)
    with _bar(total * len(jobs)) as heard:
        return run_jobs(jobs, heard)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("试算 / trying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.update(task, advance=count)


def _print(found: list[Row], beside: bool) -> None:
    table = Table("项目", "名称", "新 / new", *(("现行 / old", "差 / change") if beside else ()))
    for row in found:
        table.add_row(*(row if beside else row[:3]))
    Console().print(table)


def _fit(job: Job, budget: int, history: Path) -> None:
    def cost(factor: Decimal) -> int:
        trial = _tried([Job(job.pack, history, job.first, job.last, factor)], history)[0]
        return trial.granted

    found = fit_factor(cost, budget)
    for factor, points in found.tried:
        click.echo(f"× {factor}: {points}")
    click.echo(f"系数 {found.factor} 用 {found.cost} 分,不超过 {budget} 分 / factor {found.factor} fits the budget")
