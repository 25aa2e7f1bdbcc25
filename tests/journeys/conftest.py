"""Stories that are told at the same time: in each somebody serves a whole minute by the clock on the wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.running import Begun
from tests.postgres import Postgres, find_binaries


@dataclass(frozen=True)
class Telling:
    """A story that began on an empty directory."""

    data: Path
    environment: dict[str, str]
    first: Begun

    @classmethod
    def begun(cls, data: Path, environment: dict[str, str]) -> Telling:
        return cls(data, environment, Begun(*cls.words(data), env=environment))

    @staticmethod
    def words(data: Path) -> tuple[str, ...]:
        return "demo", "--data", str(data), "--port", "0", "--exit"


@pytest.fixture(scope="session")
def tellings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[dict[str, Telling]]:
    """The story on embedded defaults, and on the production database where there is one."""
    environments: dict[str, dict[str, str]] = {"sqlite": {}}
    if find_binaries() is not None:
        server: Postgres = request.getfixturevalue("postgres_server")
        environments["postgresql"] = {"CIVIC_DATABASE_URL": server.fresh()}
    begun = {sql: Telling.begun(tmp_path_factory.mktemp(sql), each) for sql, each in environments.items()}
    yield begun
    for telling in begun.values():
        telling.first.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def telling(request: pytest.FixtureRequest, tellings: dict[str, Telling]) -> Telling:
    if request.param not in tellings:
        pytest.skip("no PostgreSQL: the story was not told on it")
    return tellings[request.param]
