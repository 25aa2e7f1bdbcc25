"""The application of the simulation: books in a file of memory, no server behind the addresses it is given."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from backend.app import create_app
from backend.kit.db import db
from backend.settings import load
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.faults.simulation.run import BEGAN

MEMORY = Path("/dev/shm")


@contextmanager
def place() -> Iterator[Flask]:
    """The service's own code on SQLite with all its tables, with an application context pushed."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        app = _made(folder)
        with app.app_context():
            db.create_all()
            yield app
            db.session.remove()
            db.engine.dispose()


def _made(folder: str) -> Flask:
    nowhere = {"url": "unix:///nowhere"}
    given = {
        "service": {"data_dir": folder, "districts": [DISTRICT]},
        "database": {"url": f"sqlite:///{folder}/books.sqlite"},
        "redis": nowhere,
        "cache": nowhere,
        "limits": {"enabled": False},
    }
    return create_app(load({}, given), FixedClock(BEGAN))
