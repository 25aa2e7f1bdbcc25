"""Real servers for the tests: a Redis-compatible server as the ledger runs on, one for the cache, and PostgreSQL.

One of each per test process, on private sockets in a short temporary directory; all of them are ended with the process,
even when it is killed. Fixtures: `ledger_server`, `cache_server`, `fresh_redis`, `fresh_cache`, `private_valkey`,
`operators_environment`, `postgres_server`, `postgres_url`.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen

import pytest
import redis

from backend.cli.servers import leash, valkey
from tests.postgres import Postgres

READY_WITHIN_S = 60.0


@dataclass
class Valkey:
    """A running server that a test may kill and start again on the same files."""

    server: valkey.RedisServer
    env: dict[str, str] | None = None
    """Added to the environment, such as a library to load first."""
    process: Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        return str(self.server.socket)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def directory(self) -> Path:
        return self.server.directory

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server is not running"
        return self.process.pid

    def client(self) -> redis.Redis:
        """A client that never tries a command twice; answers are text."""
        return self.server.client()

    def start(self) -> Valkey:
        """Start on the files that are there; back when it answers and has loaded them."""
        self.server.prepare()
        with self.server.log.open("ab") as log:
            self.process = leash.start(self.server.argv(), env=self._environment(), output=log)
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self.server.ready():
            ended = self.process.poll()
            if ended is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the server did not start: {self.server.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)
        return self

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **valkey.ALLOCATOR, **(self.env or {})}

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, by default as a power cut of the process; its files stay."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(how)
            self.process.wait(READY_WITHIN_S)
            self.process = None

    def restart(self) -> Valkey:
        """Kill it if it runs, and start it on the same files."""
        self.kill()
        return self.start()


@pytest.fixture(scope="session")
def servers_directory() -> Iterator[Path]:
    """A short path, as the path of a socket must be."""
    directory = Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def ledger_server(servers_directory: Path) -> Iterator[Valkey]:
    """The ledger's server with its own settings file. A test that kills it takes `private_valkey` instead."""
    server = valkey.ledger_server(servers_directory)
    # a flush by the tests must not start a rewrite of the file in the middle of the next test
    started = Valkey(replace(server, extra=("--auto-aof-rewrite-percentage", "0"))).start()
    yield started
    started.kill()


@pytest.fixture(scope="session")
def cache_server(servers_directory: Path) -> Iterator[Valkey]:
    """The cache's server with its own settings file."""
    started = Valkey(valkey.cache_server(servers_directory)).start()
    yield started
    started.kill()


@pytest.fixture
def fresh_redis(ledger_server: Valkey) -> Iterator[redis.Redis]:
    """A client of the ledger's server, which is empty: no keys, no scripts."""
    yield from _emptied(ledger_server)


@pytest.fixture
def fresh_cache(cache_server: Valkey) -> Iterator[redis.Redis]:
    """A client of the cache's server, which is empty."""
    yield from _emptied(cache_server)


def _emptied(server: Valkey) -> Iterator[redis.Redis]:
    with server.client() as client:
        client.flushall()
        client.script_flush()
        yield client


@pytest.fixture
def operators_environment(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    ledger_server: Valkey,
    cache_server: Valkey,
    fresh_redis: redis.Redis,
    fresh_cache: redis.Redis,
) -> pytest.MonkeyPatch:
    """Commands find empty servers and a data directory of the test's own; more can be set."""
    monkeypatch.setenv("CIVIC_REDIS_URL", ledger_server.url)
    monkeypatch.setenv("CIVIC_CACHE_URL", cache_server.url)
    monkeypatch.setenv("CIVIC_SERVICE_DATA_DIR", str(tmp_path))
    return monkeypatch


@pytest.fixture
def private_valkey() -> Iterator[Callable[..., Valkey]]:
    """Makes servers for one test alone, to be killed at will: `private_valkey("--appendfsync", "everysec")`."""
    made: list[Valkey] = []
    directories: list[Path] = []

    def make(*extra: str, env: dict[str, str] | None = None) -> Valkey:
        directories.append(Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp")))
        server = valkey.ledger_server(directories[-1])
        made.append(Valkey(replace(server, extra=extra), env))
        return made[-1].start()

    yield make
    for server in made:
        server.kill()
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A real PostgreSQL on a private socket; without fsync, which tests of kills switch on in their own."""
    server = Postgres.make(fsync=False)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A fresh, empty database, gone after the test; `postgres_server.fresh(template=...)` copies a migrated one."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)


__all__ = ["Postgres", "Valkey"]
