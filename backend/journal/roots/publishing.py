"""Signed roots as files outside the database, one a day, never written twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog
from sqlalchemy import select

from backend.journal.models import JournalRoot
from backend.journal.roots.keys import keys
from backend.kit.db import db
from backend.wiring import settings


def publish(district: str) -> int:
    """Write the files that are missing; answers how many. A file that is there is left as it is."""
    written = 0
    for root in db.session.scalars(select(JournalRoot).where(JournalRoot.district == district)):
        path = file_of(root)
        if not path.exists():
            _write(path, content_of(root))
            written += 1
    return written


def file_of(root: JournalRoot) -> Path:
    """Where a root is published: `<roots_dir>/<district>/<day>.json`."""
    return _home() / root.district / f"{root.day.isoformat()}.json"


def content_of(root: JournalRoot) -> str:
    shown = {"statement": root.statement, "signature": root.signature, "public_key": root.public_key}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def published(root: JournalRoot) -> str | None:
    """What stands in the file; None when there is none."""
    try:
        return file_of(root).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def publish_keys() -> None:
    """Write the files of the keys that are missing, `<roots_dir>/keys/<number>.json`."""
    for key in keys():
        path = _home() / "keys" / f"{key.number}.json"
        if not path.exists():
            shown = {name: getattr(key, name) for name in ("statement", "signature", "signature_before", "public_key")}
            _write(path, json.dumps(shown | {"number": key.number, "since": key.since.isoformat()}, indent=2) + "\n")


def _home() -> Path:
    return Path(settings().journal.roots_dir or settings().data_dir / "roots")


def _write(path: Path, content: str) -> None:
    """Whole and on disk, or not there; of two that write at once, the first stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        structlog.get_logger().info("root_published_already", file=str(path))
    finally:
        fresh.unlink()
