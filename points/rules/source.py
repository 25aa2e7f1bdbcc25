"""Step: a pack's YAML text to plain values with their line numbers, numbers exact."""

from __future__ import annotations

import pathlib
import re
import unicodedata
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from points.rules.problems import Findings, PackInvalid, Path

LONGEST = 4_000_000
"""Characters; 2,000 rules need about a quarter of it."""
MOST_NODES = 60_000
"""Words, lists and mappings together; 2,000 rules are some 40,000 of them."""
MOST_ITEMS = 500
"""Of a list that is neither one of plain words nor one of the file's own sections."""
DEEPEST = 20
LONGEST_NUMBER = 24

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode's control, format, private, lone, unassigned characters, and its separators of lines."""

_ANCHORS = ("请不要用 & 和 * 引用，直接写出来。", "Write it out: no & and * here.")

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")


def text_of(file: pathlib.Path, findings: Findings) -> str:
    """What stands in a file; PackInvalid for one that is no UTF-8."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as wrong:
        findings.error((), "not_utf8", "文件不是 UTF-8 编码。", "The file is not UTF-8.")
        raise PackInvalid(findings.found) from wrong


def read(text: str, findings: Findings, most: int = MOST_NODES) -> Any:
    """Mappings, lists, strings, ints, Decimals, booleans and None; dates stay text.

    Refuses what has more than `most` nodes (it is not read to its end), is not YAML, more than one document, anchors,
    doubled keys, odd numbers (`1e3`, `0x10`, `.inf`).
    """
    if len(text) > LONGEST:
        findings.error((), "too_long", f"文件超过 {LONGEST} 个字符。", f"The file has more than {LONGEST} characters.")
        raise PackInvalid(findings.found)
    try:
        node = _composed(text, most)
    except _TooMuch as much:
        findings.lines[()] = much.line
        findings.error((), much.code, much.zh, much.en)
        raise PackInvalid(findings.found) from much
    except MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line = mark.line if mark else 0
        findings.lines[()] = line + 1
        near = _slip(text, line)
        if near is None:
            zh, en = "不是有效的 YAML：请检查这一行附近的缩进、冒号和引号。", f"This is not YAML: {broken.problem}."
            findings.error((), "not_yaml", zh, en)
        else:
            findings.lines[()], zh, en = near
            findings.error((), "not_yaml", f"不是有效的 YAML：{zh}", f"This is not YAML: {en}")
        raise PackInvalid(findings.found) from broken
    except RecursionError as deep:  # the parser follows the nesting of the text with its own
        findings.error((), "too_deep", "层次太多。", "The nesting is too deep.")
        raise PackInvalid(findings.found) from deep
    except YAMLError as broken:
        findings.error(
            (),
            "not_yaml",
            "不是有效的 YAML：请检查缩进、冒号和引号，以及有没有看不见的字符。",
            f"This is not YAML: {broken}.",
        )
        raise PackInvalid(findings.found) from broken
    if node is None:
        findings.error((), "empty", "文件是空的。", "The file is empty.")
        raise PackInvalid(findings.found)
    value = _Reader(findings).value(node, ())
    findings.stop_if_failed()
    return value


def _slip(text: str, line: int) -> tuple[int, str, str] | None:
    """The line, at that one or the one before, with what people mistype most, and what to write."""
    lines = text.split("\n")
    for place in (line, line - 1):
        written = lines[place] if 0 <= place < len(lines) else ""
        if "\t" in written:
            return place + 1, "这一行有制表符（Tab），缩进请用空格。", "this line has a tab; indent with blanks."
        if re.match(r"[\s-]*[a-z_]+\s*：", written):
            return place + 1, "这一行用了全角冒号，请写半角冒号，后面空一格。", "write an ASCII colon and a blank."
        if re.match(r"[\s-]*[a-z_]+:[^\s]", written):
            return place + 1, "冒号后面要空一格。", "a colon needs a blank after it."
    return None


class _TooMuch(Exception):  # noqa: N818 - it becomes a finding
    def __init__(self, line: int, code: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.line, self.code, self.zh, self.en = line, code, zh, en


def _composed(text: str, most: int) -> Node | None:
    """The tree of the text; stops as soon as it is too large or too deep."""

    class Counting(Composer):
        nodes = levels = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes += 1
            event = self.parser.peek_event()
            line = event.start_mark.line + 1
            if event.anchor in self.anchors and not isinstance(event, AliasEvent):  # which the library only warns of
                raise _TooMuch(line, "anchors", *_ANCHORS)
            if self.nodes > most:
                raise _TooMuch(
                    line, "too_much", f"内容太多（最多 {most} 项）。", f"This is too much (at most {most} items)."
                )
            if self.levels > DEEPEST:
                raise _TooMuch(line, "too_deep", "层次太多。", "The nesting is too deep.")
            self.levels += 1
            found = super().compose_node(parent, index)
            self.levels -= 1
            return found

    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = Counting
    node: Node | None = yaml.compose(text)
    return node


def _may_be_long(node: SequenceNode, path: Path) -> bool:
    """The sections of a file, the deeds of a case, and lists of plain words."""
    own = len(path) == 1 or path[-1:] == ("deeds",)
    return own or all(isinstance(each, ScalarNode) and str(each.tag).endswith(":str") for each in node.value)


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.seen: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        self.findings.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self.seen or len(path) > DEEPEST:
            self.findings.error(path, "anchors", *_ANCHORS)
            return None
        self.seen.add(id(node))
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            if len(node.value) > MOST_ITEMS and not _may_be_long(node, path):
                zh, en = f"太长（最多 {MOST_ITEMS} 项）。", f"The list is too long (at most {MOST_ITEMS} items)."
                self.findings.error(path, "too_long", zh, en)
                return []
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # noqa: S101 - there is no fourth sort of node
        return self.scalar(node, path)

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.word(str(key_node.value), path) if isinstance(key_node, ScalarNode) else ""
            here = (*path, key)
            if not key or key == "<<":
                self.findings.error(path, "bad_key", "键必须是简单的文字。", "A key must be a plain word.")
                continue
            if key in result:
                self.findings.lines[here] = key_node.start_mark.line + 1
                self.findings.error(here, "doubled_key", f"“{key}” 写了两次。", f"`{key}` is written twice.")
                continue
            self.findings.lines[here] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, here)
        return result

    def scalar(self, node: ScalarNode, path: Path) -> Any:
        kind, text = str(node.tag).rpartition(":")[2], str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            return text if "_" in text else self.number(text, path)
        return self.word(text, path)

    def word(self, text: str, path: Path) -> str:
        """A text as it stands; refused with what cannot be seen, or turns the writing round."""
        hidden = next((each for each in text if unicodedata.category(each) in _HIDDEN and each != "\n"), None)
        if hidden is not None:
            zh, en = (
                f"里面有看不见的字符 U+{ord(hidden):04X}，请删去。",
                f"Remove the invisible character U+{ord(hidden):04X}.",
            )
            self.findings.error(path, "hidden_character", zh, en)
        return text

    def number(self, text: str, path: Path) -> int | Decimal | None:
        if len(text) <= LONGEST_NUMBER and _INT.fullmatch(text):
            return int(text)
        if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text):
            return Decimal(text)
        self.findings.error(
            path,
            "odd_number",
            f"“{text[:40]}” 请写成普通数字，例如 1.5。",
            f"Write `{text[:40]}` as a plain number such as 1.5.",
        )
        return None
