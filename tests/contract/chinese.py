"""Where the project writes Chinese, and the half-width marks that stand in it."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.tokens import ScalarToken

ROOT = Path(__file__).parents[2]
HAN = "\u3400-\u9fff"
FIELD = "\ue000"
"""Stands for `{…}` of a format string: another word is put there."""
_NEAR = f"{HAN}{FIELD}。，、；：？！“”《》（）…—"
_MARK = re.compile(rf"(?<=[{_NEAR}])[,;:?!()]|[,;:?!()](?=[{_NEAR}])")
_BOTH_LANGUAGES = re.compile(r" · | / |\n|\\n")
_CODE = re.compile(r"`[^`\n]*`")
_FIELD = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
_ADDRESS = re.compile(rf"{FIELD}:{FIELD}|\b(?:console|fund|resident|merchant|clearing):")
"""A host with its port; the name of an account or of who acts at the command line. These are codes, not sentences."""
_LAYOUT = frozenset({tokenize.NL, tokenize.COMMENT})
_STATEMENT = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})
Written = tuple[int, str]
"""A line of a file and the text that begins there."""


def half_width(text: str) -> list[str]:
    """Each part of the text in which a half-width mark touches Chinese; English parts may stand beside Chinese ones."""
    found = []
    for part in _BOTH_LANGUAGES.split(_CODE.sub("", text)):
        plain = _ADDRESS.sub("", _FIELD.sub(FIELD, part))
        if re.search(f"[{HAN}]", plain) and _MARK.search(plain):
            found.append(part.strip())
    return found


def in_python(path: Path) -> Iterator[Written]:
    """The string literals, those that stand side by side as one; neither docstrings, which are English, nor bytes."""
    group: list[tokenize.TokenInfo] = []
    before = tokenize.ENCODING
    with path.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type in _LAYOUT:
                continue
            if token.type == tokenize.STRING:
                group.append(token)
                continue
            if group and not (before in _STATEMENT and token.type == tokenize.NEWLINE):
                yield group[0].start[0], "".join(_inside(each.string) for each in group)
            if group:
                group = []
            before = token.type


def _inside(literal: str) -> str:
    found = re.fullmatch(r"[A-Za-z]*(\"\"\"|'''|\"|')(.*)\1", literal, re.DOTALL)
    assert found is not None, literal
    return found[2]


def in_yaml(path: Path) -> Iterator[Written]:
    """The keys and values, each on its own."""
    for token in YAML(typ="safe", pure=True).scan(path.read_text("utf-8")):
        if isinstance(token, ScalarToken):
            yield token.start_mark.line + 1, token.value


def in_json(path: Path) -> Iterator[Written]:
    """The strings of each line."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
            yield number, text


def in_markdown(path: Path) -> Iterator[Written]:
    """The lines, and of a block of code what its comments say."""
    code = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("```"):
            code = not code
        elif not code:
            yield number, re.sub(r"\]\([^)]*\)|!\[", " ", line)
        elif "# " in line:
            yield number, line.partition("# ")[2]


def in_html(path: Path) -> Iterator[Written]:
    """What stands between the tags."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for text in re.split(r"<[^>]*>", line):
            yield number, text


READERS = {".py": in_python, ".yaml": in_yaml, ".json": in_json, ".md": in_markdown, ".html": in_html}
FOLDERS = ("backend", "points", "benchmarks", "scripts", "config", "docs", "tests")


def files() -> Iterator[Path]:
    """The files the project writes Chinese in."""
    yield from (path for path in ROOT.iterdir() if path.suffix in READERS)
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in READERS)
