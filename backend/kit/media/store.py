"""Where pictures lie: files under random names, in a directory that only the service can enter."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec


@dataclass(frozen=True)
class Store:
    """A folder of JPEGs. Names say nothing: neither who, nor when, nor which row."""

    root: Path

    def new_name(self, district: str) -> str:
        """A name nobody can guess: `370112/3f/3f9c…`, without the ending that `put` and `get` add."""
        random = secrets.token_hex(16)
        return f"{district}/{random[:2]}/{random}"

    def put(self, name: str, **sizes: bytes) -> None:
        """Write each size of a picture to disk; all of them lie there when this returns."""
        folders = self._path(name).parents[:3]
        for folder in reversed(folders):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for size, content in sizes.items():
            with self._files.open(self._file(name, size), "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _sync(folders[0])

    def get(self, name: str, size: str) -> bytes:
        """The bytes of one size; FileNotFoundError when they are gone."""
        content: bytes = self._files.cat_file(self._file(name, size))
        return content

    def remove(self, name: str) -> None:
        """Take all sizes away; what is not there is no fault."""
        for path in self._files.glob(f"{self._path(name)}.*"):
            self._files.rm_file(path)

    def _file(self, name: str, size: str) -> str:
        return f"{self._path(name)}.{size}.jpg"

    def _path(self, name: str) -> Path:
        return self.root / name

    @cached_property
    def _files(self) -> Any:
        return fsspec.filesystem("file")


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
