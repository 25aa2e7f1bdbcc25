"""A pack as it is handed in: read whole, and its cases run, before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from points.errors import Category, kind
from points.rules import Pack, PackInvalid, Problem, load_pack
from points.rules.cases import cases_of, of_another_pack, run_cases
from points.rules.problems import Findings

PACK_FILE, CASE_FILE = "pack.yaml", "cases.yaml"
_MOST_TOLD = 20
MOST_NODES = 20_000
"""Words, lists and mappings of what is handed in while its author waits: some 1,000 rules, or deeds of cases."""

PACK_INVALID = kind(
    "rule_pack_invalid",
    Category.INVALID,
    zh="规则包有误：{problems}",
    en="The rule pack has problems: {problems}",
)
CASES_INVALID = kind(
    "rule_pack_cases_invalid",
    Category.INVALID,
    zh="案例文件有误：{problems}",
    en="The case file has problems: {problems}",
)


@dataclass(frozen=True, slots=True)
class CasesRun:
    """How many cases there are, and each departure from what they say (none: green)."""

    count: int
    misses: tuple[str, ...]


@lru_cache(maxsize=4)
def read_pack(text: str) -> Pack:
    """The pack of a text; refused with `rule_pack_invalid` and the first problems, each with its line."""
    try:
        return load_pack(text, name=PACK_FILE, most=MOST_NODES)
    except PackInvalid as invalid:
        raise PACK_INVALID(problems=told(invalid.problems)) from invalid


@lru_cache(maxsize=64)
def parsed(digest: str, text: str) -> Pack:
    """A pack that was read before, by its digest."""
    return load_pack(text, name=f"{digest[:12]}.yaml")


def run(pack: Pack, text: str | None, file: str | None = None) -> CasesRun:
    """Run a case file's text against a pack; `file` is the name of the pack's own file, where it is known.

    Refused with `rule_pack_cases_invalid` when it cannot be read, or says that it is of another file.
    """
    if text is None:
        return CasesRun(0, ())
    own = Path(Path(file or PACK_FILE).name)
    try:
        cases = cases_of(text, Path("cases") / own, Findings(CASE_FILE), MOST_NODES)
    except PackInvalid as invalid:
        raise CASES_INVALID(problems=told(invalid.problems)) from invalid
    if file is not None and (another := of_another_pack(cases, own)):
        raise CASES_INVALID(problems=told(another))
    misses, _ = run_cases(pack, cases)
    return CasesRun(len(cases.cases), tuple(miss.say() for miss in misses))


def told(problems: Sequence[Problem]) -> str:
    """The first problems, each with its line, its code and both sentences."""
    return "; ".join(f"{p.line}: {p.code} {p.zh} {p.en}" for p in problems[:_MOST_TOLD])
