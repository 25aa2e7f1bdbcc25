"""Before a command that works on what is there: a mistyped data directory is refused, not made."""

from __future__ import annotations

import os
from pathlib import Path

from backend.cli.place import DEFAULT_DATA
from backend.settings import load
from points.errors import Category, kind

NOTHING_HERE = kind(
    "nothing_here",
    Category.NOT_FOUND,
    zh="{path} 里没有账目，也没有账本：请检查 --data DIR；新的目录由 civic up 建立。",
    en="There are no books and no ledger in {path}: check --data DIR; `civic up` makes a new one.",
)
_ANYWHERE = {"url": "unix:///nowhere"}  # the servers of a place are no part of the question


def refuse_nothing(data: str | None) -> None:
    """Refused with `nothing_here` where no service ever worked; makes nothing itself.

    Books named by address are taken to be there: whoever opens them says if they are not.
    """
    home = Path(data or os.environ.get("CIVIC_SERVICE_DATA_DIR") or DEFAULT_DATA).expanduser()
    if (home / "books.sqlite").exists() or (home / "ledger").is_dir():
        return
    if not load(dict(os.environ), {"redis": _ANYWHERE, "cache": _ANYWHERE}).database.url:
        raise NOTHING_HERE(path=home)
