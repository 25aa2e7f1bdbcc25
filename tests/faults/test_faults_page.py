"""The page about the faults names tests that are there, a long round for each row that has one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.settings import ROOT

PAGE = ROOT / "docs" / "faults.md"
ROWS = {f"T{number}" for number in (*range(1, 13), *range(14, 20), *range(21, 25), 26, 28, 30)}


def named() -> Iterator[tuple[str, str, str]]:
    """Row, file and name of each test on the page."""
    for line in PAGE.read_text(encoding="utf-8").partition("## Where")[2].splitlines():
        row, file = line[1:].partition("|")[0].strip(), ""
        for word in re.findall(r"`([^`]+)`", line):
            if word.startswith("tests/"):
                file = word
            else:
                yield row, file, word


def test_each_test_on_the_page_is_there() -> None:
    missing = [(file, name) for _, file, name in named() if f"def {name}(" not in (ROOT / file).read_text("utf-8")]
    assert missing == []
    assert len(list(named())) > 70


def test_each_row_is_counted_and_has_its_long_round() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (T\d+) ", page.partition("## Where")[0], re.M)) == ROWS
    long = set[str]()
    for rows, file, name in named():
        if re.search(rf"mark\.torture\n(@.*\n)*def {name}\(", (ROOT / file).read_text("utf-8")):
            long |= set(rows.split(", "))
    assert long == ROWS - {"T28"}  # which is `make mutants`
