"""`civic rules check`: what is wrong with a pack and which of its cases come out otherwise than they say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from points.rules import Pack, PackInvalid, Problem, load_pack
from points.rules.cases import Miss, read_cases, run_cases


@dataclass(frozen=True, slots=True)
class Report:
    """What came of checking one file."""

    file: Path
    pack: Pack | None
    problems: tuple[Problem, ...]
    misses: tuple[Miss, ...] = ()
    cases: int = 0

    @property
    def good(self) -> bool:
        return self.pack is not None and not self.misses and all(each.severity != "error" for each in self.problems)

    def to_data(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "pack": None if self.pack is None else {"id": self.pack.id, "version": self.pack.version},
            "digest": None if self.pack is None else self.pack.digest,
            "problems": [asdict(problem) for problem in self.problems],
            "cases": self.cases,
            "failed": [asdict(miss) for miss in self.misses],
        }


def checked(file: Path) -> Report:
    """The report of one file; its cases are `cases/NAME` beside it."""
    try:
        pack = load_pack(file)
    except PackInvalid as invalid:
        return Report(file, None, tuple(invalid.problems))
    beside = file.parent / "cases" / file.name
    if not beside.exists():
        return Report(file, pack, pack.problems)
    try:
        cases = read_cases(beside)
    except PackInvalid as invalid:
        return Report(file, pack, (*pack.problems, *invalid.problems))
    misses, _ = run_cases(pack, cases)
    return Report(file, pack, pack.problems, tuple(misses), len(cases.cases))


def show(reports: list[Report], language: str) -> None:
    """Print each problem with its file and line, and one line a pack."""
    for report in reports:
        for problem in report.problems:
            click.echo(f"{problem.say(language)} ({problem.severity})")
        for miss in report.misses:
            click.echo(f"{report.file.parent / 'cases' / report.file.name}: {miss.say()}")
        if report.pack is None:
            click.echo(f"{report.file}: ✗")
            continue
        mark = "✓" if report.good else "✗"
        title = report.pack.title.say(language)
        count = f"{len(report.pack.rules)} rules, {len(report.pack.caps)} caps, {report.cases} cases"
        click.echo(f"{report.file}: {mark} {title} ({count}; {report.pack.digest[:12]})")
