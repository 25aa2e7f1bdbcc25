"""Step: what is wrong with a pack, by file and line, in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from points.errors import Category, Refused, kind
from points.rules.texts import Text

Path = tuple[str | int, ...]

MOST_TOLD = 100
"""Mistakes of one sort that are told of one file; nobody mends more at a time."""
PACK_INVALID = kind(
    "rules_pack_invalid",
    Category.INVALID,
    zh="规则包有 {count} 处错误；第一处：{first_zh}",
    en="The rule pack has {count} error(s); the first: {first_en}",
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend (`error`: the pack is refused) or to look at (`warning`)."""

    file: str
    line: int
    code: str
    zh: str
    en: str
    severity: str = "error"

    def say(self, language: str) -> str:
        """`file:line: sentence [code]`, as editors like to read it."""
        text = Text(self.zh, self.en).say(language)
        return f"{self.file}:{self.line}: {text} [{self.code}]"


class PackInvalid(Refused):
    """A pack that cannot be used. `problems` holds all that was found, warnings too, in the order of the lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        errors = [problem for problem in self.problems if problem.severity == "error"]
        super().__init__(
            PACK_INVALID,
            {"count": len(errors), "first_zh": errors[0].say("zh"), "first_en": errors[0].say("en")},
        )

    def __reduce__(self) -> tuple[object, ...]:
        return PackInvalid, (self.problems,)


@dataclass(slots=True)
class Findings:
    """Collects problems while a pack is read; knows the line of each place in it."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    found: list[Problem] = field(default_factory=list)

    def error(self, path: Path, code: str, zh: str, en: str) -> None:
        self._add(path, code, zh, en, "error")

    def warn(self, path: Path, code: str, zh: str, en: str) -> None:
        self._add(path, code, zh, en, "warning")

    def line(self, path: Path) -> int:
        """The line of that place, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _add(self, path: Path, code: str, zh: str, en: str, severity: str) -> None:
        self.found.append(Problem(self.file, self.line(path), code, zh, en, severity))

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.found)

    def stop_if_failed(self) -> None:
        """Refuse the pack when an error was found so far."""
        if self.failed:
            raise PackInvalid(self.found)
