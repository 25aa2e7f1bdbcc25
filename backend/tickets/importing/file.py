"""First step of an import: a file, plain or gzip, is read line by line; what is no table of tickets is refused whole.

A line is a row: the columns hold no text with line breaks, so a lost quotation mark spoils one row and not the rest.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from points.errors import Category, kind

COLUMNS = (
    "source",
    "ticket_id",
    "category",
    "subcategory",
    "created_at",
    "sla_due_at",
    "closed_at",
    "status",
    "on_time",
    "is_duplicate",
    "closure_class",
    "channel",
    "anonymous",
    "area",
    "lat",
    "lon",
)
FILE_UNREADABLE = kind(
    "import_file_unreadable",
    Category.INVALID,
    zh="无法读取文件 {path}：{problem}",
    en="The file {path} cannot be read: {problem}",
)
FILE_BROKEN = kind(
    "import_file_broken",
    Category.INVALID,
    zh="压缩文件 {path} 已损坏或不完整；没有导入任何一行。",
    en="The compressed file {path} is damaged or cut short; no row was imported.",
)
COLUMNS_MISSING = kind(
    "import_columns_missing",
    Category.INVALID,
    zh="文件 {path} 的第一行必须是列名；缺少：{missing}",
    en="The first line of {path} must name the columns; missing: {missing}",
)
_LONGEST_LINE = 65_536
_GZIP = b"\x1f\x8b"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]")


class RowUnfit(Exception):  # noqa: N818 - an answer about a row, not an error of ours
    """A row cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is right. `rows` counts its lines after the header, blank ones left out."""

    path: Path
    columns: tuple[str, ...]
    rows: int

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Number (the header is 1) and bytes of each line that is not blank; None for one that is too long."""
        with _opened(self.path) as file:
            lines = _lines(file)
            next(lines)
            yield from lines

    def fields(self, line: bytes | None) -> dict[str, str]:
        """The fields of a line by the name of their column; raises RowUnfit."""
        if line is None:
            raise RowUnfit("line_too_long")
        try:
            text = line.decode("utf-8")
            values = next(csv.reader([text], strict=True))
        except UnicodeDecodeError as error:
            raise RowUnfit("not_utf8") from error
        except csv.Error as error:
            raise RowUnfit("bad_quotes") from error
        if len(values) != len(self.columns):
            raise RowUnfit("wrong_number_of_fields")
        if _CONTROL.search(text):
            raise RowUnfit("control_characters")
        return dict(zip(self.columns, values, strict=True))


def open_table(path: Path) -> Table:
    """Read the whole file once, before anything is written: is it whole, and does it have the columns?

    Refused with `import_file_unreadable`, `import_file_broken` or `import_columns_missing`.
    """
    with _opened(path) as file:
        lines = _lines(file)
        columns = _columns(path, next(lines, (0, b""))[1])
        return Table(path, columns, sum(1 for _ in lines))


def _columns(path: Path, line: bytes | None) -> tuple[str, ...]:
    try:
        names = tuple(next(csv.reader([(line or b"").decode("utf-8-sig")], strict=True), ()))
    except (UnicodeDecodeError, csv.Error):
        names = ()
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise COLUMNS_MISSING(path=path, missing=", ".join(missing))
    if len(set(names)) != len(names):
        raise COLUMNS_MISSING(path=path, missing="a column is named twice")
    return names


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP
            if path.suffix == ".gz" and not packed:
                raise FILE_BROKEN(path=path)
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FILE_BROKEN(path=path) from error
    except OSError as error:
        raise FILE_UNREADABLE(path=path, problem=error.strerror or type(error).__name__) from error


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif stripped := line.rstrip(b"\r\n"):
            yield number, stripped
