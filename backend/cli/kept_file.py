"""Before a pack is checked and tried: its file as it is now, so that what is checked is what is tried and handed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from points.rules import Pack, PackInvalid, load_pack
from points.rules.problems import Findings


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of a pack's file, what it holds, and the cases that stood beside it (None: there are none)."""

    path: Path
    pack: Pack
    text: str
    cases: str | None


@contextmanager
def kept(file: Path) -> Iterator[Kept]:
    """Copy the file and its cases once; whoever changes them meanwhile changes nothing here.

    PackInvalid names the problems by the file's own path.
    """
    load_pack(file)
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copy(file, folder))
        beside = file.parent / "cases" / file.name
        cases = _cases(beside) if beside.exists() else None
        yield Kept(copy, load_pack(copy), copy.read_text("utf-8"), cases)


def _cases(file: Path) -> str:
    """The text of a case file; PackInvalid for one that is no UTF-8."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as wrong:
        findings = Findings(str(file))
        findings.error((), "not_utf8", "案例文件不是 UTF-8 编码。", "The case file is not UTF-8.")
        raise PackInvalid(findings.found) from wrong
