"""The levels of acknowledgement on PostgreSQL: what goes on without it, and what is lost when it is killed as well."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from backend.journal.opening import keep_open
from backend.journal.projector import head_number
from backend.journal.rebuilding import rebuild
from backend.kit.db import db
from backend.wiring import ledger
from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Receipt
from points.ledger import transfer as t
from tests.app import DISTRICT, build, make_tables, put_away
from tests.faults.conftest import Start
from tests.faults.crowd import Crowd
from tests.faults.service import ROUNDS, Service, kill
from tests.faults.test_books import Trouble, down, hung
from tests.faults.townsfolk import Keeper, Resident, check, join, lost
from tests.postgres import Postgres
from tests.servers import Valkey
from tests.waiting import until

RESIDENTS = 6


pytestmark = pytest.mark.filterwarnings("ignore:.*ServerCursor:ResourceWarning")
"""A cursor whose PostgreSQL was killed cannot be closed."""


@pytest.fixture
def ledger_disk(private_valkey: Callable[..., Valkey], free_port: Callable[[], int]) -> Valkey:
    """A ledger's server with a replica in step; the level `replica` waits for it."""
    port = free_port()
    at_once = ("--repl-diskless-sync-delay", "0")
    primary = private_valkey("--port", str(port), "--bind", "127.0.0.1", "--protected-mode", "no", *at_once)
    replica = private_valkey("--replicaof", f"127.0.0.1 {port}")
    until(lambda: replica.client().info("replication")["master_link_status"] == "up")
    return primary


@pytest.fixture(scope="module")
def template(killed_postgres: Postgres, servers_directory: Path) -> str:
    """The name of a database with all tables and no rows."""
    url = killed_postgres.fresh()
    make_tables(url, servers_directory)
    return str(make_url(url).database)


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    ledger_disk: Valkey,
    cache_server: Valkey,
    fresh_cache: object,
    killed_postgres: Postgres,
    template: str,
    tmp_path: Path,
) -> Iterator[Flask]:
    """The service at the level of the test, on a PostgreSQL and a ledger's server that are killed.

    A replica whose disk is busy with PostgreSQL's end is waited for; who waits for the journal is told soon.
    """
    wait = {"wait_seconds": 10.0} if request.param == "replica" else {}
    said = {
        "redis": {"level": request.param, "fenced": True, "skew_seconds": 60.0, **wait},
        "service": {"districts": [DISTRICT]},
    }
    made = build(killed_postgres.fresh(template), ledger_disk.url, cache_server.url, tmp_path, SystemClock(), said)
    with made.app_context():
        keep_open(DISTRICT)
        db.session.remove()
        yield made
        put_away(made)


def _without_books(app: Flask, postgres: Postgres, trouble: Trouble, seconds: float) -> None:
    residents, keeper = [Resident(app, DISTRICT, pause_s=0.02) for _ in range(RESIDENTS)], Keeper(app, DISTRICT)
    for thread in (*residents, keeper):
        thread.start()
    until(lambda: _answered(residents) > 30)
    with trouble(postgres):
        before = _told(residents)
        time.sleep(seconds)
        meanwhile = _told(residents) - before
    join(residents)
    join([keeper])
    check(residents)
    print(f"{meanwhile.total()} answered in {seconds} s without books: {dict(meanwhile)}")
    assert meanwhile.keys() == {"earn", "hold", "capture", "release"}  # and nothing was refused
    assert all(meanwhile[kind] >= 5 * seconds for kind in ("earn", "hold", "capture"))


@pytest.mark.parametrize("app", ["replica"], indirect=True)
@pytest.mark.parametrize("trouble", [down, hung])
def test_postings_of_the_level_replica_go_on_while_sql_is_down_or_hangs(
    app: Flask, killed_postgres: Postgres, trouble: Trouble
) -> None:
    _without_books(app, killed_postgres, trouble, 2)


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("app", ["replica"], indirect=True)
@pytest.mark.parametrize("trouble", [down, hung])
def test_postings_of_the_level_replica_go_on_while_sql_is_away_for_long(
    app: Flask, killed_postgres: Postgres, trouble: Trouble
) -> None:
    _without_books(app, killed_postgres, trouble, 18 * ROUNDS)


@pytest.mark.parametrize("app", ["journal"], indirect=True)
def test_the_level_journal_answers_nothing_while_sql_hangs(app: Flask, killed_postgres: Postgres) -> None:
    """The control: who waits for the books is told so in time, and has its answer once they are there again."""
    command = t.TopUp(new_id(SystemClock().now()), "civic", 5)
    with hung(killed_postgres):
        with pytest.raises(Refused) as refused:
            ledger(DISTRICT).post(command)
        assert (refused.value.code, refused.value.kind.retry) == ("not_yet_durable", True)
    assert _once_sure(command).replayed
    assert head_number(DISTRICT) == 1


def _once_sure(command: t.Command) -> Receipt:
    """Ask again until the books have woken up."""
    give_up_at = time.monotonic() + 30
    while True:
        try:
            return ledger(DISTRICT).post(command)
        except Refused as refused:
            if refused.code != "not_yet_durable" or time.monotonic() > give_up_at:
                raise


def _lose_ledger_and_books(ledger_disk: Valkey, postgres: Postgres) -> None:
    """Both are killed at once; the books come back, the ledger's disk does not."""
    ledger_disk.kill()
    postgres.kill()
    shutil.rmtree(ledger_disk.directory / "appendonlydir")
    postgres.start()
    ledger_disk.start()


def _answered(residents: list[Resident]) -> int:
    return sum(len(resident.answers) for resident in residents)


def _told(residents: list[Resident]) -> Counter[str]:
    return sum((resident.told.copy() for resident in residents), Counter[str]())


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
    told = _told(residents)
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
        until(lambda before=before: crowd.answered() > before + 12)
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
