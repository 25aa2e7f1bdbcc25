"""Level `journal` on PostgreSQL: it is killed with the ledger's server, whose disk is gone; no answer is lost."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from backend.cli.migrate import migrate
from backend.journal import commits
from backend.journal.opening import keep_open
from backend.journal.projector import head_number
from backend.journal.rebuilding import rebuild
from backend.kit.db import db
from points.clock import SystemClock
from tests.app import DISTRICT, build
from tests.cli.processes import until
from tests.faults.conftest import Start
from tests.faults.crowd import Crowd
from tests.faults.service import ROUNDS, Service, kill
from tests.faults.townsfolk import Keeper, Resident, check, join, lost
from tests.postgres import Postgres
from tests.servers import Valkey

RESIDENTS = 6


@pytest.fixture
def ledger_disk(private_valkey: Callable[..., Valkey]) -> Valkey:
    return private_valkey()


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    ledger_disk: Valkey,
    cache_server: Valkey,
    fresh_cache: object,
    killed_postgres: Postgres,
    tmp_path: Path,
) -> Iterator[Flask]:
    """The service at the level of the test, on a PostgreSQL and a ledger's server that are killed."""
    said = {
        "redis": {"level": request.param, "fenced": True, "skew_seconds": 60.0},
        "service": {"districts": [DISTRICT]},
    }
    made = build(killed_postgres.fresh(), ledger_disk.url, cache_server.url, tmp_path, SystemClock(), said)
    migrate(made)
    with made.app_context():
        keep_open(DISTRICT)
        db.session.remove()
        yield made
        commits.stop(made)
        db.session.remove()
        db.engine.dispose()


def _lose_ledger_and_books(ledger_disk: Valkey, postgres: Postgres) -> None:
    """Both are killed at once; the books come back, the ledger's disk does not."""
    ledger_disk.kill()
    postgres.kill()
    shutil.rmtree(ledger_disk.directory / "appendonlydir")
    postgres.start()
    ledger_disk.start()


def _answered(residents: list[Resident]) -> int:
    return sum(len(resident.answers) for resident in residents)


def _round(residents: list[Resident], ledger_disk: Valkey, postgres: Postgres) -> None:
    _lose_ledger_and_books(ledger_disk, postgres)
    rebuild(DISTRICT)
    db.session.remove()
    before = _answered(residents)
    until(lambda: _answered(residents) > before + 20)


def _rounds(app: Flask, ledger_disk: Valkey, postgres: Postgres, rounds: int) -> None:
    """Each time what was answered must stand in the books as they are found, without the ledger's help."""
    residents, keeper = [Resident(app, DISTRICT) for _ in range(RESIDENTS)], Keeper(app, DISTRICT)
    for thread in (*residents, keeper):
        thread.start()
    drawn = random.Random(1)
    until(lambda: _answered(residents) > 30)
    for _ in range(rounds):
        time.sleep(drawn.uniform(0.2, 0.6))
        _round(residents, ledger_disk, postgres)
    join(residents)
    join([keeper])
    check(residents)
    told = sum((resident.told for resident in residents), Counter[str]())
    print(f"{rounds} times both were killed: {_answered(residents)} answered, 0 lost; {dict(told)}")
    assert told["ledger_unreachable"] >= rounds  # the kills were felt
    assert all(told[kind] >= 10 * rounds for kind in ("earn", "hold", "capture"))
    assert told["release"] >= 2 * rounds


@pytest.mark.parametrize("app", ["journal"], indirect=True)
def test_ledger_and_postgresql_killed_at_once_lose_no_answer_of_the_level_journal(
    app: Flask, ledger_disk: Valkey, killed_postgres: Postgres
) -> None:
    _rounds(app, ledger_disk, killed_postgres, 3)


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("app", ["journal"], indirect=True)
def test_many_kills_of_ledger_and_postgresql_lose_no_answer_of_the_level_journal(
    app: Flask, ledger_disk: Valkey, killed_postgres: Postgres
) -> None:
    _rounds(app, ledger_disk, killed_postgres, 3 * ROUNDS)


@pytest.mark.parametrize("app", ["disk"], indirect=True)
def test_the_same_loses_answers_of_the_level_disk(app: Flask, ledger_disk: Valkey, killed_postgres: Postgres) -> None:
    """The control: what was answered and not copied yet was on the ledger's disk alone."""
    residents = [Resident(app, DISTRICT) for _ in range(2)]
    for thread in residents:
        thread.start()
    until(lambda: _answered(residents) > 30)
    ledger_disk.kill()
    answered = _answered(residents)
    killed_postgres.kill()
    killed_postgres.start()
    for resident in residents:
        resident.ended.set()
    gone = sum(len(lost(resident)) for resident in residents)
    print(f"control: {gone} of {answered} answers lost at level disk")
    assert gone >= answered - head_number(DISTRICT) > 0
    ledger_disk.start()
    keep_open(DISTRICT)
    join(residents)


def _kill_anything(service: Service, postgres: Postgres, kills: int) -> None:
    """Over HTTP: PostgreSQL, the ledger's server, the web workers, or all three at once."""
    crowd, drawn, told = Crowd(service, clients=6).begin(), random.Random(2), Counter[str]()
    for _ in range(kills):
        time.sleep(drawn.uniform(0.3, 1.0))
        what = drawn.choice(("books", "ledger", "web", "all"))
        told[what] += 1
        victims = [service.pid("ledger")] if what in ("ledger", "all") else []
        victims += service.web_workers() if what in ("web", "all") else []
        kill(*victims)
        if what in ("books", "all"):
            postgres.kill()
            postgres.start()
        before = crowd.answered()
        until(lambda before=before: crowd.answered() > before + 12)  # type: ignore[misc]
    crowd.end().check()
    print(f"{dict(told)} kills: {crowd.answered()} answered, longest pause {crowd.longest_gap_s:.1f} s, {crowd.told}")
    crowd.only("ledger_unreachable", "ledger_closed", "not_yet_durable", "books_unavailable", "no answer")
    assert len(told) == 4
    assert sum(crowd.refused.values()) >= kills // 2  # the kills were felt
    crowd.floors(8 * kills)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_any_part_lose_no_answer_of_the_level_journal(start: Start, killed_postgres: Postgres) -> None:
    told = {"CIVIC_DATABASE_URL": killed_postgres.fresh(), "CIVIC_REDIS_LEVEL": "journal"}
    service = start(**told, CIVIC_SERVICE_WEB_WORKERS="2", CIVIC_SERVICE_WEB_THREADS="8")
    _kill_anything(service, killed_postgres, 10 * ROUNDS)
    service.stop()
