"""`civic rules check`: what is wrong with a pack and which of its cases come out otherwise than they say."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from backend.cli.kept_file import Kept, cases_of_file
from backend.cli.refusals import show_problems
from backend.passbook import accounts
from backend.passbook.filled import FILLED
from backend.passbook.pack_zone import zone_problem
from backend.passbook.subjects import names_without_books
from backend.places.service import street_names
from backend.settings import load
from points.errors import Refused
from points.rules import Pack, PackInvalid, Problem, Text, explain, load_pack
from points.rules.cases import Miss, cases_of, of_another_pack, read_cases, run_cases
from points.rules.problems import Findings


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
            "failed": [self._failed(miss) for miss in self.misses],
        }

    def why(self, miss: Miss, language: str) -> list[str]:
        """What came of the deed that a case is wrong about, in the sentences of `civic rules decide`."""
        if isinstance(miss.came, Refused):
            return [miss.came.sentence(language)]
        if self.pack is None or miss.came is None:
            return []
        names = names_without_books(self.pack.district)
        return explain(miss.came, language, self.pack, accounts.titles(), names, dry=True)

    def _failed(self, miss: Miss) -> dict[str, Any]:
        said = {name: getattr(miss, name) for name in ("case", "deed", "line", "expected", "found")}
        return {**said, "why": {language: self.why(miss, language) for language in ("zh-CN", "en")}}


def checked(file: Path) -> Report:
    """The report of one file; its cases are `cases/NAME` beside it."""
    try:
        pack = load_pack(file, streets=street_names, fills=FILLED)
    except PackInvalid as invalid:
        return Report(file, None, tuple(invalid.problems))
    problems = (*pack.problems, *around(file, pack, file.read_text("utf-8")))
    beside = cases_of_file(file)
    if not beside.exists():
        return Report(file, pack, (*problems, _no_cases(file)))
    try:
        cases = read_cases(beside)
    except PackInvalid as invalid:
        return Report(file, pack, (*problems, *invalid.problems))
    problems = (*problems, *of_another_pack(cases, file))
    misses, _ = run_cases(pack, cases)
    return Report(file, pack, problems, tuple(misses), len(cases.cases))


def _no_cases(file: Path) -> Problem:
    zh, en = f"还没有案例：请写 cases/{file.name}，发布前要有。", f"There are no cases yet: write cases/{file.name}."
    return Problem(str(file), 1, "no_cases", zh, en, "warning")


def refuse_errors(here: Kept) -> None:
    """Before the long work of handing in: PackInvalid with what `checked` would find beside the pack's own problems."""
    problems = around(here.file, here.pack, here.text)
    if here.cases is not None:
        beside = cases_of_file(here.file)
        problems += of_another_pack(cases_of(here.cases, beside, Findings(str(beside))), here.file)
    if any(each.severity == "error" for each in problems):
        raise PackInvalid(problems)


def around(file: Path, pack: Pack, text: str) -> list[Problem]:
    """What is wrong with a good pack in this district: its funds and its days."""
    return [*_unknown_funds(file, pack, text), *_other_zone(file, pack, text)]


def _unknown_funds(file: Path, pack: Pack, text: str) -> list[Problem]:
    """A warning for each fund that `config/accounts.yaml` does not have: handing in would be refused."""
    lines = text.splitlines()
    return [
        Problem(
            str(file),
            next((number for number, line in enumerate(lines, 1) if _names(line, fund)), 1),
            "fund_not_listed",
            f"config/accounts.yaml 里没有资金池“{fund}”，提交时会被拒绝。",
            f"The fund “{fund}” is not in config/accounts.yaml; handing the pack in would be refused.",
            "warning",
        )
        for fund in accounts.unknown_funds(pack)
    ]


def _other_zone(file: Path, pack: Pack, text: str) -> list[Problem]:
    """An error where the pack's days are not those of the settings."""
    found = zone_problem(pack, text, load().service.timezone, str(file))
    return [] if found is None else [found]


def _names(line: str, fund: str) -> bool:
    return re.search(rf"\b(fund|overflow_to):\s*[\"']?{re.escape(fund)}[\"']?\s*([,}}#]|$)", line) is not None


def show(reports: list[Report], language: str) -> None:
    """Print each problem with its file and line, and one line a pack."""
    for report in reports:
        show_problems(report.problems, language)
        for miss, following in zip_longest(report.misses, report.misses[1:]):
            click.echo(f"{report.file.parent / 'cases' / report.file.name}: {miss.say(language)}")
            if following is None or following.line != miss.line:
                click.echo("".join(f"    {line}\n" for line in report.why(miss, language)), nl=False)
        if report.pack is None:
            click.echo(f"{report.file}: ✗")
            continue
        mark, pack = "✓" if report.good else "✗", report.pack
        rules, caps, cases, digest = len(pack.rules), len(pack.caps), report.cases, pack.digest[:12]
        counted = Text(
            f"（规则 {rules} 条，上限 {caps} 个，案例 {cases} 个；{digest}）",
            f" (rules: {rules}, caps: {caps}, cases: {cases}; {digest})",
        )
        click.echo(f"{report.file}: {mark} {pack.title.say(language)}{counted.say(language)}")
