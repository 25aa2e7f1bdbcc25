"""Whether a server can keep what a level promises; each shortcoming is told with what to change."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from backend.cli.servers import leash
from backend.cli.servers.valkey import find_server
from backend.journal.server_settings import SENTINEL, refuse_unsafe, shortcomings, unseen_replicas
from backend.settings import Redis, load
from points.errors import Refused
from tests.app import DISTRICT
from tests.servers import Valkey
from tests.waiting import until

MakeServer = Callable[..., Valkey]
Port = Callable[[], int]


@pytest.fixture
def disk() -> Redis:
    return load({}).redis


def told(server: Valkey, wanted: Redis) -> list[str]:
    with server.client() as client:
        return [each.en for each in shortcomings(client, wanted)]


def test_the_embedded_servers_settings_keep_the_level(ledger_server: Valkey, disk: Redis) -> None:
    assert told(ledger_server, disk) == []


@pytest.mark.parametrize(
    ("name", "value", "change"),
    [
        ("appendonly", "no", "CONFIG SET appendonly yes"),
        ("appendfsync", "everysec", "CONFIG SET appendfsync always"),
        ("maxmemory-policy", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
        ("no-appendfsync-on-rewrite", "yes", "CONFIG SET no-appendfsync-on-rewrite no"),
    ],
)
def test_a_setting_that_breaks_the_promise_is_refused_and_told(
    private_valkey: MakeServer, disk: Redis, name: str, value: str, change: str
) -> None:
    server = private_valkey(f"--{name}", value)
    assert [line.split(": ")[1] for line in told(server, disk)] == [change]
    with server.client() as client, pytest.raises(Refused) as refused:
        refuse_unsafe(client, disk)
    assert refused.value.code == "ledger_server_unsafe"
    assert change in refused.value.sentence("zh-CN")
    assert change in refused.value.sentence("en")


def test_what_it_says_to_change_is_enough(private_valkey: MakeServer, disk: Redis) -> None:
    server = private_valkey("--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru")
    with server.client() as client:
        for line in told(server, disk):
            client.execute_command(*line.split(": ")[1].split())
    assert told(server, disk) == []


def test_the_level_replica_needs_its_replicas(private_valkey: MakeServer, disk: Redis, free_port: Port) -> None:
    port = free_port()
    primary = private_valkey("--port", str(port), "--bind", "127.0.0.1")
    wanted = replace(disk, level="replica", replicas=1)
    assert told(primary, wanted) == ["1 replicas are needed, 0 are connected"]
    replica = private_valkey("--replicaof", f"127.0.0.1 {port}")
    with primary.client() as client:
        until(lambda: client.info("replication")["connected_slaves"] == 1)
    assert told(primary, wanted) == []
    assert told(replica, wanted)[0] == "it is a replica: give the address of its primary"


def test_a_replica_that_keeps_nothing_is_refused_at_the_level_replica(
    private_valkey: MakeServer, disk: Redis, free_port: Port
) -> None:
    port, own = free_port(), free_port()
    primary = private_valkey("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")
    loose = ("--appendonly", "no", "--maxmemory-policy", "allkeys-lru")
    replica = private_valkey("--port", str(own), "--bind", "127.0.0.1", "--replicaof", f"127.0.0.1 {port}", *loose)
    with primary.client() as client:
        until(lambda: client.info("replication")["connected_slaves"] == 1)
    wanted = replace(disk, level="replica", replicas=1)
    assert told(primary, wanted) == [
        f"127.0.0.1:{own}: the append-only file is off: CONFIG SET appendonly yes",
        f"127.0.0.1:{own}: when memory is full, parts of the ledger are evicted: "
        "CONFIG SET maxmemory-policy noeviction",
    ]
    assert told(primary, disk) == []
    with replica.client() as client:
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "noeviction")
    assert told(primary, wanted) == []


def test_a_replica_that_cannot_be_asked_is_told_of(private_valkey: MakeServer, disk: Redis, free_port: Port) -> None:
    port = free_port()
    primary = private_valkey("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")
    private_valkey("--replicaof", f"127.0.0.1 {port}", "--replica-announce-port", "1")
    wanted = replace(disk, level="replica", replicas=1)
    with primary.client() as client:
        until(lambda: client.info("replication")["connected_slaves"] == 1)
        assert unseen_replicas(client, wanted, [DISTRICT]) == ["127.0.0.1:1"]
        assert unseen_replicas(client, disk, [DISTRICT]) == []
    assert told(primary, wanted) == []


@pytest.fixture
def sentinel(tmp_path: Path, free_port: Port) -> Iterator[Callable[[int], None]]:
    """Starts a real Sentinel that watches the server at a port."""
    started: list[subprocess.Popen[bytes]] = []

    def watch(port: int) -> None:
        config = tmp_path / "sentinel.conf"
        lines = (
            f"port {free_port()}",
            "bind 127.0.0.1",
            f"dir {tmp_path}",
            f"sentinel monitor town 127.0.0.1 {port} 1",
        )
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with (tmp_path / "sentinel.log").open("wb") as log:
            started.append(leash.start([str(find_server()), str(config), "--sentinel"], output=log))

    yield watch
    for process in started:
        process.kill()
        process.wait()


def test_a_sentinel_that_promotes_by_itself_is_refused_at_level_disk(
    private_valkey: MakeServer, disk: Redis, sentinel: Callable[[int], None], free_port: Port
) -> None:
    port = free_port()
    server = private_valkey("--port", str(port), "--bind", "127.0.0.1")
    sentinel(port)
    with server.client() as client:
        until(lambda: dict(client.pubsub_numsub(SENTINEL))[SENTINEL] > 0)
    assert "Sentinel" in told(server, disk)[0]


def test_a_server_that_hides_its_settings_is_not_trusted(private_valkey: MakeServer, disk: Redis) -> None:
    server = private_valkey("--rename-command", "CONFIG", "HIDDEN")
    (line,) = told(server, disk)
    assert "unreadable" in line
    assert "appendfsync always" in line


def test_the_settings_are_read_by_a_client_of_bytes_too(private_valkey: MakeServer, disk: Redis) -> None:
    server = private_valkey("--appendfsync", "everysec")
    with redis.Redis(unix_socket_path=server.socket) as client:
        assert len(shortcomings(client, disk)) == 1
