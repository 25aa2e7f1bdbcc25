"""`civic rules simulate`: a period's deeds through a pack and the one in force, with tables, a picture and a search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

from backend.cli import rules_words
from backend.cli.kept_file import kept
from backend.cli.progress import bar
from backend.places.service import street_names
from points.errors import Category, kind
from points.rules import Pack, load_pack
from points.rules.bounds import check_time
from points.rules.fit import fit_factor
from points.rules.picture import picture
from points.rules.report import Row, rows, write_csv
from points.rules.simulate import Job, run_jobs
from points.rules.trial import Trial

PERIOD_EMPTY = kind(
    "rules_period_empty",
    Category.INVALID,
    zh="时段是空的：{first} 在 {last} 之后。",
    en="The period is empty: {first} is after {last}.",
)


OUTPUT_UNWRITABLE = kind(
    "rules_output_unwritable",
    Category.INVALID,
    zh="不能写入文件 {file}：{reason}",
    en="The file {file} cannot be written: {reason}",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to try: the new pack, the one beside it, the table of deeds, and the local days."""

    file: Path
    beside: Path | None
    history: Path
    first: date | None
    last: date | None
    whole: bool
    """Whether the deeds are those of the books, all there are."""

    def job(self, pack: Path, factor: Decimal | None = None) -> Job:
        return Job(pack, self.history, self.first, self.last, factor, whole=self.whole)


def run(
    *,
    file: Path,
    against: str,
    beside: Path | None,
    data: str | None,
    first: str | None,
    last: str | None,
    table: Path | None,
    picture_file: Path | None,
    fit: int | None,
    language: str,
    attach: bool = False,
    by: str | None = None,
) -> None:
    """Try the pack, print the table, write what was asked for."""
    from backend.cli import rules_attach

    rules_attach.check(attach, by, against, beside)
    other = None if beside is None else load_pack(beside)
    days = period_of(first, last)
    for out_file in (table, picture_file):
        check_writable(out_file)
    with kept(file) as new_file, ExitStack() as stack:
        file, pack = new_file.path, new_file.pack
        began = rules_attach.begin(data, pack, by or "") if attach else None
        history, in_force = stack.enter_context(_deeds((pack, other), against, data, days))
        asked = Asked(file, beside or in_force, history, *days, whole=against == "history")
        trials = tried([asked.job(each) for each in (file, asked.beside) if each is not None])
        new, old = trials[0], trials[1] if len(trials) > 1 else None
        if new.doubled:
            said = f"有 {new.doubled} 件行为编号重复，只计一次 / {new.doubled} deeds named twice were counted once"
            click.secho(said, err=True, fg="yellow")
        names = street_names(pack.district)
        found = rows(new, old, pack, names)
        _print(found, pack, old is not None)
        if table is not None:
            with table.open("w", encoding="utf-8", newline="") as out:
                write_csv(found, out)
        if picture_file is not None:
            picture_file.write_text(picture(new, old, pack.title.say(language), names), "utf-8")
        if fit is not None:
            _fit(asked, fit)
        if began is not None:
            row = rules_attach.attach(data, pack, began, (new, old), days)
            click.echo(f"已附上 {new.deeds} 件行为的试算 / attached: {row.pack} {row.version}, {new.deeds} deeds")


@contextmanager
def _deeds(
    packs: tuple[Pack, Pack | None], against: str, data: str | None, days: tuple[date | None, date | None]
) -> Iterator[tuple[Path, Path | None]]:
    """The table of deeds, and the pack in force when they are the books' own."""
    if against != "history":
        if not Path(against).is_file():
            raise click.UsageError(f"没有这个文件 / no such file: {against}")
        yield Path(against), None
        return
    from backend.cli.existing import refuse_nothing
    from backend.cli.place import service
    from backend.cli.rules_history import exported

    refuse_nothing(data)
    with TemporaryDirectory() as folder:
        with service(data):
            found = exported(packs[0], *days, Path(folder), packs[1])
        yield found


def check_writable(file: Path | None) -> None:
    """Before the long work: refused with `rules_output_unwritable` where a file could not be written after it."""
    if file is None:
        return
    known = file.exists()
    try:
        file.open("ab").close()
    except OSError as wrong:
        raise OUTPUT_UNWRITABLE(file=file, reason=wrong.strerror) from wrong
    if not known:
        file.unlink()


def period_of(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """The two days a person wrote; refused with `rules_period_empty` when the second is before the first."""
    days = (day_of(first), day_of(last))
    if days[0] is not None and days[1] is not None and days[1] < days[0]:
        raise PERIOD_EMPTY(first=days[0], last=days[1])
    return days


def day_of(text: str | None) -> date | None:
    """The day a person wrote; a usage error when there is none such."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise click.UsageError(f"没有这一天 / no such day: {text}") from wrong
    check_time(datetime.combine(day, time()))
    return day


def tried(jobs: list[Job]) -> list[Trial]:
    """The trials of jobs over one table of deeds, with a bar on a terminal."""
    with jobs[0].history.open("rb") as lines:
        total = max(0, sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b"")) - 1)
    done = 0
    with bar(Console(stderr=True), "试算 · trying") as move:

        def hear(count: int) -> None:
            nonlocal done
            done += count
            move(done, total * len(jobs))

        return run_jobs(jobs, hear)


def _print(found: list[Row], pack: Pack, beside: bool) -> None:
    table = Table("项目 / part", "名称 / name", "新 / new", *(("现行 / old", "差 / change") if beside else ()))
    for row in found:
        part, name, *figures = row
        shown = [rules_words.figure(each) for each in (figures if beside else figures[:1])]
        table.add_row(rules_words.section(part), rules_words.called(part, name, pack), *shown)
    Console().print(table)


def _fit(asked: Asked, budget: int) -> None:
    found = fit_factor(lambda factor: tried([asked.job(asked.file, factor)])[0].granted, budget)
    for factor, points in found.tried:
        click.echo(f"× {factor}: {points}")
    click.echo(f"系数 {found.factor} 用 {found.cost} 分，不超过 {budget} 分 / factor {found.factor} fits the budget")
