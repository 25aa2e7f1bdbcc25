"""The town of the contract tests, one for a module: its people ask, and nothing they ask may break it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.wechat.emulator import EmulatedApp, create_emulator
from points.clock import FixedClock
from tests.app import NOON, build, databases, put_away
from tests.contract.town import Town, build_town
from tests.serving import serving


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """WeChat's stand-in on a port of its own; answers its address."""
    made = create_emulator(EmulatedApp("wx00000000emulator", "secret-of-the-emulated-app"), FixedClock(NOON))
    with serving(made) as address:
        yield address


@pytest.fixture(scope="module")
def town_on(
    request: pytest.FixtureRequest,
    emulator: str,
    ledger_server: Any,
    cache_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    """Makes a town on `sqlite` or `postgresql`."""
    undo = []

    def make(sql: str, **overrides: dict[str, Any]) -> Town:
        for server in (ledger_server, cache_server):
            with server.client() as client:
                client.flushall()
        folder = tmp_path_factory.mktemp("town")
        url, forget = _database(request, sql, folder)
        overrides |= {"wechat": {"emulator_url": emulator}}
        app = build(url, ledger_server.url, cache_server.url, folder, FixedClock(NOON), overrides)

        def end() -> None:
            with app.app_context():
                put_away(app)
            forget()

        undo.append(end)
        return build_town(app)

    yield make
    for end in undo:
        end()


def _database(request: pytest.FixtureRequest, sql: str, folder: Path) -> tuple[str, Any]:
    if sql == "sqlite":
        path = folder / "books.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}", lambda: None
    server = request.getfixturevalue("postgres_server")
    url = server.fresh(template=request.getfixturevalue("postgres_template"))
    return url, lambda: server.drop(url)


@pytest.fixture(scope="module")
def town(town_on: Any) -> Town:
    """The town on SQLite."""
    made: Town = town_on("sqlite", service={"public_docs": True})
    return made


@pytest.fixture(scope="module", params=databases())
def each_town(request: pytest.FixtureRequest, town_on: Any) -> Town:
    """The town on each database."""
    made: Town = town_on(request.param, service={"public_docs": True})
    return made
