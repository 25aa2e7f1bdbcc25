"""Before a pack is checked and tried: its file as it is now, so that what is checked is what is tried and handed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from points.rules import Pack, load_pack
from points.rules.problems import Findings
from points.rules.source import text_of


@dataclass(frozen=True, slots=True)
class Kept:
    """A pack's file, its copy at `path`, what it holds, and the cases that stood beside it (None: there are none)."""

    file: Path
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
        beside = cases_of_file(file)
        cases = text_of(beside, Findings(str(beside))) if beside.exists() else None
        yield Kept(file, copy, load_pack(copy), copy.read_text("utf-8"), cases)


def cases_of_file(file: Path) -> Path:
    """Where the cases of a pack's file stand, if it has any."""
    return file.parent / "cases" / file.name
