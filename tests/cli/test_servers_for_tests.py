"""The real servers that all tests stand on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from tests import postgres
from tests.postgres import Postgres
from tests.servers import Valkey


def test_the_ledgers_server_flushes_each_answer_to_disk_and_evicts_nothing(ledger_server: Valkey) -> None:
    with ledger_server.client() as client:
        settings = client.config_get("*")
    assert (settings["appendonly"], settings["appendfsync"], settings["save"]) == ("yes", "always", "")
    assert (settings["maxmemory-policy"], settings["port"]) == ("noeviction", "0")
    assert Path(ledger_server.socket).stat().st_mode & 0o777 == 0o700
    assert ledger_server.directory.stat().st_mode & 0o777 == 0o700


def test_the_caches_server_refuses_writes_when_full_and_never_ends_a_session(cache_server: Valkey) -> None:
    with cache_server.client() as client:
        settings = client.config_get("*")
    assert (settings["appendonly"], settings["maxmemory-policy"]) == ("no", "noeviction")
    assert int(settings["maxmemory"]) > 0


def test_a_fresh_redis_is_empty(fresh_redis: redis.Redis) -> None:
    assert fresh_redis.dbsize() == 0
    fresh_redis.set("left", "over")


def test_a_fresh_redis_is_empty_again(fresh_redis: redis.Redis) -> None:
    assert fresh_redis.dbsize() == 0


def test_a_killed_server_comes_back_with_all_it_answered(private_valkey: Callable[..., Valkey]) -> None:
    server = private_valkey()
    with server.client() as client:
        assert client.incrby("points", 30) == 30
    server.restart()
    with server.client() as client:
        assert client.get("points") == "30"


def test_a_server_started_by_a_thread_outlives_the_thread(private_valkey: Callable[..., Valkey]) -> None:
    server = private_valkey()
    thread = threading.Thread(target=server.restart)
    thread.start()
    thread.join()
    with server.client() as client:
        assert client.ping()


def test_each_test_gets_an_empty_database_of_its_own(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE resident (name text)"))
        connection.execute(sa.text("INSERT INTO resident VALUES ('测试居民甲')"))
        assert connection.scalar(sa.text("SELECT name FROM resident")) == "测试居民甲"
        assert connection.scalar(sa.text("SHOW server_encoding")) == "UTF8"
        assert connection.scalar(sa.text("SHOW listen_addresses")) == ""
    engine.dispose()


def test_a_database_copied_from_a_template_has_its_tables(postgres_server: Postgres) -> None:
    template = postgres_server.fresh()
    engine = sa.create_engine(template)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE act (id int)"))
    engine.dispose()
    copy = postgres_server.fresh(template=sa.make_url(template).database or "")
    engine = sa.create_engine(copy)
    assert sa.inspect(engine).get_table_names() == ["act"]
    engine.dispose()
    postgres_server.drop(copy)
    postgres_server.drop(template)


def test_postgres_asks_for_a_password_and_lets_nobody_else_in(postgres_server: Postgres) -> None:
    engine = sa.create_engine(postgres_server.url().replace(postgres_server.password, "guessed"))
    with pytest.raises(sa.exc.OperationalError, match="password authentication failed"):
        engine.connect()
    engine.dispose()
    assert (postgres_server.directory / "cluster").stat().st_mode & 0o777 == 0o700
    assert postgres_server.directory.stat().st_mode & 0o077 == 0
    assert Path(f"/proc/{postgres_server.pid}").stat().st_uid != 0 or os.geteuid() != 0


def test_postgres_runs_from_a_copy_where_its_user_cannot_read_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only for root does the server run as another user")
    monkeypatch.setattr(postgres, "all_can_read", lambda path: False)
    server = Postgres.make(fsync=False)
    try:
        assert server.binaries.is_relative_to(server.directory)
        assert Path(f"/proc/{server.start().pid}").stat().st_uid != 0
    finally:
        server.remove()
    assert not server.directory.exists()


def test_postgres_killed_with_fsync_on_keeps_what_was_committed() -> None:
    server = Postgres.make(fsync=True)
    try:
        engine = sa.create_engine(server.start().url())
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE kept (id int)"))
        engine.dispose()
        server.kill()
        engine = sa.create_engine(server.start().url())
        assert sa.inspect(engine).get_table_names() == ["kept"]
        engine.dispose()
    finally:
        server.remove()
