"""`civic ledger` and `civic doctor` as an operator types them, on real servers and a migrated database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from backend.app import create_app
from backend.cli.main import cli
from backend.cli.place import place, service
from backend.cli.up import _refuse_unreachable
from backend.journal.projector import project_all
from backend.kit.db import db
from backend.wiring import ledger
from points.clock import SystemClock
from points.errors import Refused
from tests.app import DISTRICT
from tests.points.ledger.town import Town
from tests.servers import Valkey

Civic = Callable[..., Result]


@pytest.fixture
def civic(operators_environment: pytest.MonkeyPatch) -> Civic:
    """Runs a command on a data directory of its own."""

    def run(*words: str) -> Result:
        ran = CliRunner().invoke(cli, list(words))
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return ran

    return run


@pytest.fixture
def busy(civic: Civic, tmp_path: Path) -> Town:
    """A district after some postings, all of them in the journal."""
    with service(None):
        pass
    app = create_app(place(None).settings())
    with app.app_context():
        made = ledger(DISTRICT)
        town = Town(made, SystemClock()).opened()
        town.earn("lin", 100)
        town.capture(town.hold("lin").id)
        project_all(DISTRICT)
        db.session.remove()
        db.engine.dispose()
    return town


def test_a_district_in_order_is_verified_and_healthy(civic: Civic, busy: Town) -> None:
    verified = civic("ledger", "verify")
    assert (verified.exit_code, verified.stdout) == (
        0,
        "370112 账本与流水一致 · verified: 6 entries, 1 residents, 0 open holds, 0 roots\n",
    )
    looked_over = civic("doctor")
    assert looked_over.exit_code == 0, looked_over.stdout
    assert "no backup is set" in looked_over.stdout


def test_a_difference_is_named_by_verify_and_stops_doctor(civic: Civic, busy: Town, fresh_redis: redis.Redis) -> None:
    fresh_redis.hincrby("{d:370112}:accounts", "fund:civic", 1)
    found = civic("ledger", "verify")
    assert found.exit_code == 1
    assert "fund:civic" in found.stdout
    assert civic("doctor").exit_code == 1
    refused = civic("ledger", "catch-up", "--as", "邹立夏")
    assert (refused.exit_code, "code: ledger_in_doubt" in refused.stderr) == (2, True)
    assert civic("ledger", "rebuild", "--replace", "--as", "邹立夏").exit_code == 0
    assert civic("doctor").exit_code == 0


def test_a_lost_ledger_is_rebuilt_and_a_full_one_refused(civic: Civic, busy: Town, fresh_redis: redis.Redis) -> None:
    refused = civic("ledger", "rebuild", "--as", "邹立夏")
    assert (refused.exit_code, "code: ledger_not_empty" in refused.stderr) == (2, True)
    fresh_redis.flushall()
    assert civic("doctor").exit_code == 1
    rebuilt = civic("ledger", "rebuild", "--as", "邹立夏")
    assert (rebuilt.exit_code, "rebuilt up to entry 6" in rebuilt.stdout) == (0, True)
    assert civic("ledger", "verify").exit_code == 0


def test_a_ledger_that_was_rebuilt_signs_everybody_out(civic: Civic, busy: Town, fresh_redis: redis.Redis) -> None:
    with redis.Redis.from_url(os.environ["CIVIC_CACHE_URL"]) as cache:
        cache.set("session:of-before", "{}")
        cache.sadd("sessions-of:staff:370112:li", "session:of-before")
        cache.set("something-else", 1)
        assert "everybody is signed out" in civic("ledger", "rebuild", "--replace", "--as", "邹立夏").stdout
        assert cache.keys("*") == [b"something-else"]


def test_a_rebuild_without_a_cache_says_who_stays_signed_in(
    civic: Civic, busy: Town, fresh_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVIC_CACHE_URL", "unix:///nowhere/at/all.sock")
    rebuilt = civic("ledger", "rebuild", "--replace", "--as", "邹立夏")
    assert (rebuilt.exit_code, "sign-ins go on: empty it" in rebuilt.stderr) == (0, True)


def test_a_second_server_is_filled(civic: Civic, busy: Town, private_valkey: Callable[..., Valkey]) -> None:
    other = private_valkey()
    assert civic("ledger", "rebuild", "--into", other.url, "--as", "邹立夏").exit_code == 0
    with other.client() as client:
        assert client.exists("{d:370112}:head") == 1


def test_a_statement_is_read_under_a_name(civic: Civic, busy: Town, tmp_path: Path) -> None:
    assert civic("ledger", "statement", "fund:civic").exit_code == 2
    read = civic("ledger", "statement", "fund:civic", "--as", "邹立夏")
    assert (read.exit_code, "99900" in read.stdout) == (0, True)
    past = civic("ledger", "statement", "fund:civic", "--as", "邹立夏", "--at", "2020-01-01")
    assert ("+08:00 0\n" in past.stdout, "no movements" in past.stdout) == (True, True)
    moment = SystemClock().now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M:%S.%f")
    now = civic("ledger", "statement", "fund:civic", "--as", "邹立夏", "--at", moment)
    assert ("+08:00 99900\n" in now.stdout, "top_up" in now.stdout) == (True, True)
    engine = create_engine(f"sqlite:///{tmp_path / 'books.sqlite'}")
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT actor FROM audit_line WHERE action = 'statement.read'")).scalars().all()
    engine.dispose()
    assert lines == ["console:邹立夏"] * 3


def test_how_an_account_will_stand_is_not_told(civic: Civic, busy: Town) -> None:
    refused = civic("ledger", "statement", "fund:civic", "--as", "邹立夏", "--at", "2099-01-01")
    assert (refused.exit_code, "code: moment_ahead" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    "words", [("verify",), ("epochs",), ("statement", "fund:civic", "--as", "邹立夏"), ("catch-up", "--as", "邹立夏")]
)
def test_a_district_that_the_service_does_not_run_is_refused(civic: Civic, busy: Town, words: tuple[str, ...]) -> None:
    refused = civic("ledger", *words, "--district", "999999")
    assert (refused.exit_code, "code: district_unknown" in refused.stderr) == (2, True)


@pytest.mark.parametrize("url", ["http://x", "redis://127.0.0.1:1", "unix:///nowhere/at/all.sock"])
def test_a_second_server_that_is_not_there_is_refused(civic: Civic, busy: Town, url: str) -> None:
    refused = civic("ledger", "rebuild", "--into", url, "--as", "邹立夏")
    assert (refused.exit_code, "code: into_unreachable" in refused.stderr) == (2, True)


def test_a_lost_ledger_that_was_verified_is_still_rebuilt(civic: Civic, busy: Town, fresh_redis: redis.Redis) -> None:
    fresh_redis.flushall()
    assert civic("ledger", "verify").exit_code == 1
    assert civic("ledger", "rebuild", "--as", "邹立夏").exit_code == 0
    assert civic("ledger", "verify").exit_code == 0


def test_the_archive_restores_an_empty_journal(
    civic: Civic, busy: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_redis: redis.Redis
) -> None:
    monkeypatch.setenv("CIVIC_JOURNAL_ARCHIVE_DIR", str(tmp_path / "archive"))
    assert "archived up to entry 6" in civic("ledger", "archive", "--as", "邹立夏").stdout
    (tmp_path / "books.sqlite").unlink()
    for rest in tmp_path.glob("books.sqlite-*"):
        rest.unlink()
    fresh_redis.flushall()
    restored = civic("ledger", "restore", str(tmp_path / "archive"), "--as", "邹立夏")
    assert (restored.exit_code, "up to entry 6" in restored.stdout) == (0, True)
    assert civic("ledger", "rebuild", "--as", "邹立夏").exit_code == 0
    assert civic("ledger", "verify").exit_code == 0


def test_an_archive_without_a_place_is_refused(civic: Civic, busy: Town) -> None:
    refused = civic("ledger", "archive", "--as", "邹立夏")
    assert (refused.exit_code, "code: no_archive" in refused.stderr) == (2, True)


def test_doctor_says_what_to_change_on_the_server(
    civic: Civic, busy: Town, monkeypatch: pytest.MonkeyPatch, private_valkey: Callable[..., Valkey]
) -> None:
    loose = private_valkey("--appendfsync", "everysec")
    monkeypatch.setenv("CIVIC_REDIS_URL", loose.url)
    found = civic("doctor")
    assert found.exit_code == 1
    assert "CONFIG SET appendfsync always" in found.stdout


def test_doctor_names_a_cache_on_the_ledgers_own_server(
    civic: Civic, busy: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVIC_CACHE_URL", os.environ["CIVIC_REDIS_URL"])
    found = civic("doctor")
    assert found.exit_code == 1
    assert "Set cache.url to another one" in found.stdout


def test_up_refuses_a_server_that_cannot_keep_the_level(
    civic: Civic, monkeypatch: pytest.MonkeyPatch, private_valkey: Callable[..., Valkey]
) -> None:
    monkeypatch.setenv("CIVIC_REDIS_URL", private_valkey("--maxmemory-policy", "allkeys-lru").url)
    with pytest.raises(Refused) as refused:
        _refuse_unreachable(place(None))
    assert refused.value.code == "ledger_server_unsafe"
    monkeypatch.setenv("CIVIC_REDIS_URL", private_valkey().url)
    _refuse_unreachable(place(None))


def test_doctor_names_a_database_that_was_not_brought_up_to_date(civic: Civic, tmp_path: Path) -> None:
    (tmp_path / "books.sqlite").touch()
    found = civic("doctor")
    assert found.exit_code == 1
    assert "`civic up` brings them there" in found.stdout


def test_doctor_names_an_unreachable_ledger_and_looks_on(
    civic: Civic, busy: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVIC_REDIS_URL", "unix:///nowhere/at/all.sock")
    found = civic("doctor")
    assert found.exit_code == 1
    assert "the ledger's server: cannot be looked at" in found.stdout
    assert "the books' tables are up to date" in found.stdout


def test_entries_that_cannot_be_had_are_given_up_by_two_of_the_staff(
    civic: Civic, busy: Town, fresh_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_redis.set(f"{{d:{DISTRICT}}}:head", str(fresh_redis.get(f"{{d:{DISTRICT}}}:head")).replace("6\t", "7\t", 1))
    asked = ("ledger", "rebuild", "--replace", "--as", "邹立夏")
    assert "code: journal_behind" in civic(*asked).stderr
    signed = (*asked, "--given-up-by", "邹立夏", "--given-up-by", "秦小雪", "--reason", "磁盘损坏")
    assert "code: staff_may_not" in civic(*signed).stderr
    for name in ("邹立夏", "秦小雪"):
        assert civic("staff", "create", name, "--role", "admin", "--as", "管理员").exit_code == 0
    assert civic(*signed).exit_code == 1, "nobody typed a password"
    assert "epoch 0 now" in civic("ledger", "epochs").stdout
    monkeypatch.setenv("CIVIC_SERVICE_CONSOLE_TRUSTS_NAMES", "true")
    for wrong in (signed[5:7], (*signed[5:7], *signed[5:7])):
        assert "code: bad_staff" in civic(*asked, *wrong, "--reason", "磁盘损坏").stderr
    assert civic(*signed).exit_code == 0
    told = civic("ledger", "epochs").stdout
    assert "replaced\tgiven up 1\t邹立夏、秦小雪\t磁盘损坏" in told
    assert "epoch 1 now" in told
    assert civic("ledger", "verify").exit_code == 0
