"""Small changes of a Lua text: another comparison, operator, constant or word, a condition decided, a line left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*)|(?P<text>'(?:\\.|[^'\\])*')|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\.\.\.?|[<>=~]=|[-+*/<>#=(){}\[\],;.:])|(?P<space>\s+)"
)
_SIGNS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("~=",),
    "~=": ("==",),
    "+": ("-",),
    "*": ("+",),
    "/": ("*",),
}
_NAMES = {"and": "or", "or": "and", "true": "false", "false": "true"}
_VALUE_ENDS = re.compile(r"[\w)\]']")
_WHOLE = re.compile(
    r"^ +(?! |local |if |for |while |elseif |else|end|return|function)([\w.:\[\]#+ ,]+ = .+|[\w.]+\(.*\))$"
)
_GUARD = re.compile(r"^ +if .+ then .+ end$")
_DECIDED = re.compile(r"^(?P<before> *(?:else)?if )(?P<what>.+?)(?P<after> then\b.*)$")


@dataclass(frozen=True)
class Mutant:
    """One change: the characters from `start` to `end` of a chapter become `new`."""

    chapter: str
    start: int
    end: int
    line: int
    was: str
    """The whole line as it was."""
    now: str
    """The whole line as it is; empty when it was left out."""
    new: str

    @property
    def name(self) -> str:
        return f"{self.chapter}: {self.was.strip()} => {self.now.strip() or 'left out'}"

    def applied(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


def mutants_of(chapter: str, text: str) -> list[Mutant]:
    """All changes of a chapter, in the order of its text; some may not be Lua."""
    made = []
    for start, end, new in sorted({*_tokens(text), *_lines(text)}):
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        was = text[first:last]
        now = text[first:start] + new + text[end:last]
        made.append(Mutant(chapter, start, end, text.count("\n", 0, start) + 1, was, now, new))
    return made


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _TOKEN.finditer(text):
        start, end, word = found.start(), found.end(), found.group()
        match found.lastgroup:
            case "sign":
                for other in _SIGNS.get(word, ()):
                    yield start, end, other
                if word == "-":
                    yield start, end, "+" if _VALUE_ENDS.search(text[:start].rstrip()[-1:]) else ""
            case "number":
                yield start, end, str(int(word) + 1)
            case "text":
                yield start, end, f"{word[:-1]}X'"
            case "name" if word == "not":
                yield start, end + 1, ""
            case "name" if word in _NAMES:
                yield start, end, _NAMES[word]


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if _WHOLE.match(line) or _GUARD.match(line):
            yield start, end, ""
        decided = _DECIDED.match(line)
        if decided:
            first = start + decided.start("what")
            for outcome in ("true", "false"):
                yield first, start + decided.end("what"), outcome
        start = end + 1
