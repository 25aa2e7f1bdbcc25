"""What the story remembers between two runs on the same data: its request keys and its made-up people's secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from points.ids import new_id


class Memory:
    """A small JSON file in the data directory (mode 0600). The same name always gives the same key or value."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def key(self, name: str) -> str:
        """The Idempotency-Key of a step: made at its first try, the same ever after."""
        return str(self.once(f"key:{name}", lambda: new_id(datetime.now(UTC))))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """A value that is made once and kept before it is used."""
        if name not in self._kept:
            self._kept[name] = make()
            self._save()
        return self._kept[name]

    def knows(self, name: str) -> bool:
        return name in self._kept

    def _save(self) -> None:
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self._kept, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
