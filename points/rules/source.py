"""Step: a pack's YAML text to plain values with their line numbers, numbers exact."""

from __future__ import annotations

import pathlib
import re
import unicodedata
from decimal import Decimal
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from points.rules.problems import Findings, PackInvalid, Path
from points.rules.slips import slip_of
from points.rules.texts import Text

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
    """What stands in a file; PackInvalid for one that is no UTF-8, or too long (it is not read to its end)."""
    with file.open("rb") as opened:
        written = opened.read(4 * LONGEST + 1)
    if len(written) > 4 * LONGEST:
        _too_long(findings)
    try:
        return written.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as wrong:
        findings.lines[()] = written.count(b"\n", 0, wrong.start) + 1
        zh, en = "文件不是 UTF-8 编码，请在编辑器里另存为 UTF-8。", "The file is not UTF-8; save it as UTF-8."
        findings.error((), "not_utf8", zh, en)
        raise PackInvalid(findings.found) from wrong


def _too_long(findings: Findings) -> NoReturn:
    findings.error((), "too_long", f"文件超过 {LONGEST} 个字符。", f"The file has more than {LONGEST} characters.")
    raise PackInvalid(findings.found)


def read(text: str, findings: Findings, most: int = MOST_NODES) -> Any:
    """Mappings, lists, strings, ints, Decimals, booleans and None; dates stay text.

    Refuses what has more than `most` nodes (it is not read to its end), is not YAML, more than one document, anchors,
    doubled keys, odd numbers (`1e3`, `0x10`, `.inf`).
    """
    if len(text) > LONGEST:
        _too_long(findings)
    try:
        node = _composed(text, most)
    except _TooMuch as much:
        findings.lines[()] = much.line
        findings.error((), much.code, much.zh, much.en)
        raise PackInvalid(findings.found) from much
    except MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line = mark.line if mark else 0
        said = Text("请检查这一行附近的缩进、冒号和引号。", f"{broken.problem}.")
        findings.lines[()], said = slip_of(text, broken) or (line + 1, said)
        findings.error((), "not_yaml", f"不是有效的 YAML：{said.zh}", f"This is not YAML: {said.en}")
        raise PackInvalid(findings.found) from broken
    except RecursionError as deep:  # the parser follows the nesting of the text with its own
        findings.error((), "too_deep", "层次太多。", "The nesting is too deep.")
        raise PackInvalid(findings.found) from deep
    except ReaderError as broken:
        findings.lines[()] = text.count("\n", 0, broken.position) + 1
        findings.error((), "hidden_character", *_hidden(text[broken.position]))
        raise PackInvalid(findings.found) from broken
    if node is None:
        findings.error((), "empty", "文件是空的。", "The file is empty.")
        raise PackInvalid(findings.found)
    value = _Reader(findings).value(node, ())
    findings.stop_if_failed()
    return value


def _hidden(character: str) -> Text:
    name = f"U+{ord(character):04X}"
    return Text(f"里面有看不见的字符 {name}，请删去。", f"Remove the invisible character {name}.")


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
            self.findings.lines.setdefault(here, key_node.start_mark.line + 1)
            if not key or key == "<<":
                self.findings.error(here, "bad_key", "键必须是简单的文字。", "A key must be a plain word.")
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
            self.findings.error(path, "hidden_character", *_hidden(hidden))
        return text

    def number(self, text: str, path: Path) -> int | Decimal | None:
        if len(text) <= LONGEST_NUMBER and _INT.fullmatch(text):
            return int(text)
        if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text):
            return Decimal(text)
        self.findings.error(
            path,
            "odd_number",
            f"“{text[:40]}” 请写成普通数字，例如 1.5，最多 {LONGEST_NUMBER} 位。",
            f"Write `{text[:40]}` as a plain number such as 1.5, of at most {LONGEST_NUMBER} characters.",
        )
        return None
