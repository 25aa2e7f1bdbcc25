"""The service under test: real servers, real SQL (both), a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.app import create_app
from backend.kit.db import db
from backend.settings import load
from points.clock import FixedClock

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""A Friday noon in the district."""
DISTRICT = "370112"
OTHER_DISTRICT = "370102"


def _databases() -> list[str]:
    return os.environ.get("CIVIC_TEST_SQL", "sqlite,postgresql").split(",")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture(params=_databases())
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'books.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    """Settings a test wants otherwise; a module may override this fixture."""
    return {}


@pytest.fixture
def app(
    ledger_server: Any,
    cache_server: Any,
    fresh_redis: Any,
    fresh_cache: Any,
    database_url: str,
    tmp_path: Path,
    clock: FixedClock,
    overrides: dict[str, dict[str, Any]],
) -> Iterator[Flask]:
    """The whole application on empty servers, with an app context pushed."""
    base: dict[str, dict[str, Any]] = {
        "service": {"data_dir": str(tmp_path), "districts": [DISTRICT, OTHER_DISTRICT]},
        "database": {"url": database_url},
        "redis": {"url": ledger_server.url, "skew_seconds": 10.0**9},
        "cache": {"url": cache_server.url},
        "secrets": {"signing_key": "s" * 40, "field_key": "f" * 40, "index_key": "i" * 40},
        "limits": {"enabled": False},
    }
    for section, values in overrides.items():
        base[section] = base.get(section, {}) | values
    made = create_app(load({}, base), clock)
    with made.app_context():
        db.create_all()
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
