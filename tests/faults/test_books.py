"""The books stop, hang or are killed: redemptions go on, the journal catches up, and no commit is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import psycopg
import pytest
from sqlalchemy import func, make_url, select

from backend.kit.auth.permissions import Role
from backend.kit.db import db
from backend.merchants.models import Merchant
from points.clock import SystemClock
from points.ids import new_id
from tests.cast import Cast
from tests.faults.conftest import Start
from tests.faults.crowd import LOST, Crowd, Line, drained
from tests.faults.service import ROUNDS, Service, children, kill
from tests.postgres import Postgres
from tests.waiting import until


@pytest.fixture(scope="module")
def district(killed_postgres: Postgres, start: Start) -> Iterator[Service]:
    """The service on that PostgreSQL."""
    service = start(
        CIVIC_DATABASE_URL=killed_postgres.fresh(), CIVIC_SERVICE_WEB_WORKERS="2", CIVIC_SERVICE_WEB_THREADS="8"
    )
    yield service
    service.stop()


@contextmanager
def down(postgres: Postgres) -> Iterator[None]:
    postgres.kill(signal.SIGINT)  # PostgreSQL's fast shutdown
    yield
    postgres.start()


@contextmanager
def hung(postgres: Postgres) -> Iterator[None]:
    processes = [postgres.pid, *children(postgres.pid)]
    kill(*processes, how=signal.SIGSTOP)
    yield
    kill(*processes, how=signal.SIGCONT)


Trouble = Callable[[Postgres], AbstractContextManager[None]]


def _without_books(district: Service, postgres: Postgres, trouble: Trouble, seconds: float) -> None:
    crowd = Crowd(district, clients=6).begin()
    until(lambda: all(each.redeemed for each in crowd.residents))  # the pack's word on redeeming is at hand
    time.sleep(1)
    with trouble(postgres):
        time.sleep(0.3)  # what was under way with the books has noticed
        before = crowd.answered()
        time.sleep(seconds)
        meanwhile = crowd.answered() - before
    crowd.reach(30).end()
    with district.inside():
        took = drained(60)
    crowd.check()
    print(f"{meanwhile} answered in {seconds} s without books, drained in {took:.1f} s, {crowd.told}")
    crowd.only()
    assert meanwhile >= 5 * seconds
    crowd.floors(30)


def test_redemptions_go_on_while_sql_is_down_and_the_journal_catches_up(
    district: Service, killed_postgres: Postgres
) -> None:
    _without_books(district, killed_postgres, down, 10)


def test_redemptions_go_on_while_sql_hangs_and_the_journal_catches_up(
    district: Service, killed_postgres: Postgres
) -> None:
    _without_books(district, killed_postgres, hung, 5)


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("trouble", [down, hung])
def test_redemptions_go_on_while_sql_is_away_for_long(
    district: Service, killed_postgres: Postgres, trouble: Trouble
) -> None:
    _without_books(district, killed_postgres, trouble, 18 * ROUNDS)


def _kill_postgres(district: Service, postgres: Postgres, kills: int) -> None:
    with district.inside() as app:
        admin = Cast(app).staff(Role.ADMIN).token
    line, answered, lost = Line(district.port, admin), dict[str, str](), 0
    for number in range(kills):
        ends_at = time.monotonic() + 1.0
        killed = False
        while time.monotonic() < ends_at or not killed:
            if not killed and time.monotonic() > ends_at - 0.5:
                postgres.kill()
                postgres.start()
                killed = True
            key = new_id(SystemClock().now())
            body = {"name": f"虚构店铺{number}-{key}", "street": "370112001", "shops": ["一号柜台"]}
            identifier, again = _insist(line, body, key)
            lost += again
            answered[identifier] = body["name"]
    with district.inside():
        names = dict(db.session.execute(select(Merchant.id, Merchant.name).where(Merchant.id.in_(answered))).all())
        doubles = select(Merchant.name).group_by(Merchant.name).having(func.count() > 1)
        assert names == answered
        assert db.session.execute(doubles).all() == []
    assert len(answered) >= 3 * kills
    line.hang_up()
    print(f"{kills} kills of PostgreSQL: {len(answered)} commits answered, {lost} asked again, 0 lost")


def _insist(line: Line, body: dict[str, object], key: str) -> tuple[str, int]:
    """Ask until it is answered; the id, and how often it had to be asked again."""
    for again in range(600):
        try:
            answer = line.once("POST", "/staff/merchants", body, key)
        except LOST:
            continue
        if answer.status == 201:
            return answer.body["id"], again
        assert answer.code in ("books_unavailable", "still_running"), answer
        time.sleep(0.02)
    raise AssertionError("never answered")


def test_kill_9_of_postgresql_loses_no_commit(district: Service, killed_postgres: Postgres) -> None:
    _kill_postgres(district, killed_postgres, 3)


def test_a_kill_loses_commits_that_did_not_wait_for_the_disk(killed_postgres: Postgres) -> None:
    """The control: plain rows, answered before they were on disk. Somebody's flush may come just before the kill."""
    tries = (_lost_by_a_kill(killed_postgres) for _ in range(10))
    lost = next((lost for lost in tries if lost), 0)
    print(f"control: {lost} of 300 commits lost")
    assert lost


def _lost_by_a_kill(postgres: Postgres) -> int:
    """How many of 300 commits that were answered at once are gone after a kill."""
    url = make_url(postgres.fresh()).set(drivername="postgresql").render_as_string(hide_password=False)
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as books:
        books.execute("CREATE TABLE answered (number integer)")
        books.execute("SET synchronous_commit = off")
        for number in range(300):
            books.execute("INSERT INTO answered VALUES (%s)", (number,))
        postgres.kill()
    postgres.start()
    with psycopg.connect(url) as books:
        found = books.execute("SELECT count(*) FROM answered").fetchone()
    assert found is not None
    return 300 - int(found[0])


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_postgresql_lose_no_commit(district: Service, killed_postgres: Postgres) -> None:
    _kill_postgres(district, killed_postgres, 10 * ROUNDS)
