"""A pack as it is handed in: read whole, and its cases run, before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from points.errors import Category, kind
from points.rules import Pack, PackInvalid, Problem, load_pack
from points.rules.cases import cases_of, run_cases
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


def run(pack: Pack, text: str | None) -> CasesRun:
    """Run a case file's text against a pack; refused with `rule_pack_cases_invalid` when it cannot be read."""
    if text is None:
        return CasesRun(0, ())
    findings = Findings(CASE_FILE)
    try:
        file = cases_of(text, Path(CASE_FILE), findings, MOST_NODES)
    except PackInvalid as invalid:
        raise CASES_INVALID(problems=told(invalid.problems)) from invalid
    misses, _ = run_cases(pack, file)
    return CasesRun(len(file.cases), tuple(miss.say() for miss in misses))


def told(problems: Sequence[Problem]) -> str:
    """The first problems, each with its line, its code and both sentences."""
    return "; ".join(f"{p.line}: {p.code} {p.zh} {p.en}" for p in problems[:_MOST_TOLD])
