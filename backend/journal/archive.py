"""The journal's second copy, outside: sealed files that are read again before the stream is trimmed behind them.

`<archive_dir>/<district>/<first>-<last>.jsonl`, one entry a line as `[hash, text]`, never changed once written.
Together with the stream they rebuild the journal; the hash chain binds each line to all before it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from backend.journal import trimming
from backend.journal.models import JournalArchive
from backend.journal.projector import append, head, locked_head
from backend.journal.reading import entries
from backend.kit.clock import now
from backend.kit.db import db, ensure, transaction
from backend.wiring import settings
from points.errors import Category, kind
from points.ledger import GENESIS, Entry, Head
from points.ledger.entry import entry_of

ARCHIVE_BROKEN = kind(
    "archive_broken",
    Category.CONFLICT,
    zh="存档文件 {file} 在第 {number} 笔处不完整或被改动。",
    en="The archive {file} is not whole, or was changed, at entry {number}.",
)
NO_ARCHIVE = kind(
    "no_archive",
    Category.CONFLICT,
    zh="没有设置存档目录（journal.archive_dir）。",
    en="No archive directory is set (journal.archive_dir).",
)
SEALED = 10_000
"""Entries in one file at most."""
_BATCH = 500


def carry_on(district: str) -> int:
    """Archive what the journal has more, file by file; answers how far the archive reaches. Refused: `no_archive`."""
    if not settings().journal.archive_dir:
        raise NO_ARCHIVE()
    reached = archived(district)
    while fresh := list(islice(entries(district, reached.number), SEALED)):
        path = _home(district) / f"{fresh[0].number:012}-{fresh[-1].number:012}.jsonl"
        _write(path, fresh)
        reached = _read_again(path, reached)
        _note(district, reached)
        trimming.trim(district)
    return reached.number


def carry_on_if_set(district: str) -> int:
    """`carry_on` for the worker, which does nothing where no archive is wanted."""
    return carry_on(district) if settings().journal.archive_dir else 0


def archived(district: str) -> Head:
    """The last entry that was written to the archive and found there again."""
    found = db.session.get(JournalArchive, district, populate_existing=True)
    return Head(found.number, found.hash) if found else Head(0, GENESIS)


def restore(district: str, folder: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Carry the journal on from an archive's files; answers how far it reaches then. Refused: `archive_broken`."""
    files = sorted((folder / district).glob("*-*.jsonl"))
    total = int(files[-1].stem.split("-")[1]) if files else 0
    reached = head(district)
    for path in files:
        if int(path.stem.split("-")[1]) <= reached.number:
            continue
        source = (entry for entry in _entries_of(path, reached) if entry.number > reached.number)
        while batch := list(islice(source, _BATCH)):
            with transaction() as session:
                append(session, locked_head(session, district), batch)
            progress(batch[-1].number, total)
        reached = head(district)
    db.session.rollback()
    return reached.number


def _home(district: str) -> Path:
    home = Path(settings().journal.archive_dir) / district
    home.mkdir(parents=True, exist_ok=True)
    return home


def _write(path: Path, fresh: list[Entry]) -> None:
    """Whole and on disk under its name, or not there."""
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        for entry in fresh:
            file.write(json.dumps([entry.hash, entry.text], ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_again(path: Path, before: Head) -> Head:
    last = before
    for entry in _entries_of(path, before):
        last = Head(entry.number, entry.hash)
    return last


def _entries_of(path: Path, before: Head) -> Iterator[Entry]:
    """The entries of a file, held against each other and, where it follows `before`, against that."""
    number, last = (int(part) for part in path.stem.split("-"))
    prev: str | None = before.hash if before.number == number - 1 else None
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                digest, text = json.loads(line)
                entry = entry_of(prev or "", digest, text)
            except (ValueError, TypeError, AttributeError) as unreadable:
                raise ARCHIVE_BROKEN(file=path.name, number=number) from unreadable
            if entry.number != number or (prev is not None and not entry.is_true):
                raise ARCHIVE_BROKEN(file=path.name, number=number)
            yield entry
            number, prev = number + 1, digest
    if number != last + 1:
        raise ARCHIVE_BROKEN(file=path.name, number=number)


def _note(district: str, reached: Head) -> None:
    with transaction() as session:
        ensure(JournalArchive, {"district": district, "number": 0, "hash": GENESIS, "at": now()})
        noted = session.get_one(JournalArchive, district, with_for_update=True, populate_existing=True)
        if reached.number > noted.number:
            noted.number, noted.hash, noted.at = reached.number, reached.hash, now()
