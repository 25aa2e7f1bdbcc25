"""The service that the faults are done to: started once, stopped cleanly at the end."""

from __future__ import annotations

import gc
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.service import Service
from tests.postgres import Postgres
from tests.sharing import RUNNING_SERVICE, group_of

Start = Callable[..., Service]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a running service, or the PostgreSQL that is killed, is run by one process."""
    for item in items:
        wants = set(getattr(item, "fixturenames", ()))
        if "killed_postgres" in wants or {"start", "town"} <= wants:
            assert group_of(item.nodeid) == RUNNING_SERVICE, f"{item.path} is not in tests/sharing.py"


@pytest.fixture(autouse=True)
def _crowds_end() -> Iterator[None]:
    """A test that fails leaves nobody asking."""
    yield
    while Crowd.begun:
        Crowd.begun.pop().end()


@pytest.fixture(scope="session")
def killed_postgres() -> Iterator[Postgres]:
    """A PostgreSQL with fsync, to be stopped, hung and killed; whoever does so starts it again."""
    server = Postgres.make(fsync=True)
    yield server.start()
    server.remove()


@pytest.fixture(autouse=True)
def _lost_cursors_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """A cursor whose PostgreSQL was killed cannot be closed, and says so when it goes: not in another test."""
    yield
    if "killed_postgres" in request.fixturenames:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts services, each on a fresh data directory unless `data` names one; all stop cleanly at the end."""
    home = Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp"))
    started: list[Service] = []

    def make(data: Path | None = None, **env: str) -> Service:
        started.append(Service(data or home / f"town{len(started)}", env).start())
        return started[-1]

    yield make
    for service in started:
        service.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def town(start: Start) -> Service:
    """A service on SQLite with its own embedded servers, and two web workers."""
    return start(CIVIC_SERVICE_WEB_WORKERS="2", CIVIC_SERVICE_WEB_THREADS="8")
