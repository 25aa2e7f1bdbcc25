"""Step: of a text that is no YAML, the line with what people mistype most, and how to write it."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from points.rules.texts import Text

_OF_A_LINE: tuple[tuple[re.Pattern[str], Text], ...] = (
    (re.compile("\t"), Text("这一行有制表符（Tab），缩进请用空格。", "this line has a tab; indent with blanks.")),
    (
        re.compile(r"^[\s-]*[a-z_]+\s*："),
        Text("这一行用了全角冒号，请写半角冒号，后面空一格。", "write an ASCII colon and a blank."),
    ),
    (
        re.compile("^[^#]*[\u3000\u00a0]"),
        Text(
            "这一行有全角空格或不换行空格，请改成普通空格。",
            "this line has a wide or unbreakable blank; type a plain one.",
        ),
    ),
    (
        re.compile('^[^#"]*[｛｝［］【】]'),
        Text("这一行用了全角括号，请写半角的 { } 和 [ ]。", "write the brackets of ASCII: { } and [ ]."),
    ),
    (
        re.compile(r"^[^#]*，\s*[a-z_]+:\s"),
        Text("这一行用了全角逗号，两项之间请写半角逗号。", "write an ASCII comma between two keys."),
    ),
    (
        re.compile(r"^\s*[－—–−]"),
        Text("列表的每一项前面写半角减号，后面空一格。", "a list item begins with an ASCII - and a blank."),
    ),
    (re.compile(r"^\s*-[a-z_]+:"), Text("减号后面要空一格。", "a - needs a blank after it.")),
    (re.compile(r"^[\s-]*[a-z_]+:[^\s]"), Text("冒号后面要空一格。", "a colon needs a blank after it.")),
)
"""What one line shows by itself."""

_OF_THE_PARSER: tuple[tuple[str, Text], ...] = (
    (
        "found another document",
        Text("一个文件只写一份，不要用 --- 分开。", "a file holds one document: no line of --- in it."),
    ),
    (
        "expected <block end>",
        Text(
            "这一行的缩进与上面不一致，或上面有引号、括号没有配对。",
            "this line is indented otherwise than those above, or a quote or bracket above is not closed.",
        ),
    ),
    (
        "mapping values are not allowed here",
        Text(
            "这里不能再有冒号：上一行没有写完，或文字里的冒号没有加引号。",
            "no colon can stand here: the line above is not finished, or words with a colon lack their quotes.",
        ),
    ),
)
"""What the parser's own words mean for whoever wrote the file."""


def slip_of(text: str, broken: MarkedYAMLError) -> tuple[int, Text] | None:
    """The line, counted from 1, and what to write; None where nothing usual is to be seen."""
    mark = broken.problem_mark or broken.context_mark
    line = mark.line if mark else 0
    lines = text.split("\n")
    begun = _begun(broken)
    for place in (line, line - 1, *([] if begun is None else [begun])):
        written = lines[place] if 0 <= place < len(lines) else ""
        for pattern, said in _OF_A_LINE:
            if pattern.search(written):
                return place + 1, said
    if begun is not None:
        zh = "从这一行开始的 {、[ 或引号没有配对，或少了半角逗号。"
        return begun + 1, Text(zh, "the {, [ or quote that begins on this line is not closed, or a comma is missing.")
    return next(((line + 1, said) for words, said in _OF_THE_PARSER if words in str(broken.problem)), None)


def _begun(broken: MarkedYAMLError) -> int | None:
    """The line, from 0, of a bracket or quote that was not closed."""
    opened = "flow" in str(broken.context) or "quoted" in str(broken.context)
    return broken.context_mark.line if opened and broken.context_mark is not None else None
