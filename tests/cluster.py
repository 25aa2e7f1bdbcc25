"""A real cluster for the tests: three primaries and three replicas of the ledger's server, on loopback ports.

Fixtures: `private_cluster` makes one for a test alone, to be killed at will; `ledger_cluster` is one for each test
process, and `fresh_cluster` a client of it when it is empty.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import redis

from backend.cli.servers import valkey
from points.ledger.cluster import Cluster, servers_of
from points.ledger.connection import connect
from points.ledger.keys import Keys
from tests.ports import held
from tests.servers import Valkey
from tests.waiting import until

PRIMARIES = 3
NODES = 2 * PRIMARIES
SLOTS = 16384
DISTRICTS = tuple(f"3701{number:02}" for number in (3, 4, 12, 13, 14, 15, 16, 17))
NODE_TIMEOUT_MS = 1500
UNHURRIED_MS = 60_000
"""Where nobody is killed, a server that is busy for a while is not to be taken for one that is gone."""
_FIRST_PORT, _LAST_PORT, _LINE = 11_000, 21_000, 10_000
"""Below the ports that connections are given, also with the cluster's own line so far above."""


@dataclass
class RealCluster:
    """Six running servers that know each other; a test may kill any of them."""

    nodes: list[Valkey]
    ports: list[int]
    kept: list[socket.socket] = field(default_factory=list)
    """What holds the ports, also while a server is down."""

    @property
    def url(self) -> str:
        """For `CIVIC_REDIS_URL`: two of the addresses are enough."""
        return f"redis+cluster://127.0.0.1:{self.ports[0]},127.0.0.1:{self.ports[1]}"

    def client(self) -> Cluster:
        """A client as the ledger wants it."""
        made = connect(self.url)
        assert isinstance(made, Cluster)
        return made

    def owner(self, district: str) -> Valkey:
        """The server that holds a district now, as those that run see it."""
        with self.client() as client:
            port = client.owner(Keys(district).prefix).connection_pool.connection_kwargs["port"]
        return self.nodes[self.ports.index(int(port))]

    def form(self) -> RealCluster:
        """Make one cluster of the six, and wait until everybody agrees."""
        asked = [node.client() for node in self.nodes]
        for number, node in enumerate(asked, 1):
            node.execute_command("CLUSTER SET-CONFIG-EPOCH", number)
        names = [node.execute_command("CLUSTER MYID") for node in asked]
        for number in range(PRIMARIES):
            first, last = SLOTS * number // PRIMARIES, SLOTS * (number + 1) // PRIMARIES - 1
            asked[number].execute_command("CLUSTER ADDSLOTSRANGE", first, last)
        until(lambda: self._met(asked, names))
        for number in range(PRIMARIES):
            asked[PRIMARIES + number].execute_command("CLUSTER REPLICATE", names[number])
        until(lambda: all(_well(node) for node in asked))
        until(lambda: all(_linked(node) for node in asked[PRIMARIES:]))
        until(lambda: all(node.info("replication")["connected_slaves"] == 1 for node in asked[:PRIMARIES]))
        for node in asked:
            node.close()
        return self

    def _met(self, asked: list[redis.Redis], names: list[str]) -> bool:
        """Whether everybody knows everybody. Who did not answer the first word in time hears it again."""
        listed = str(asked[0].execute_command("CLUSTER NODES"))
        for name, port in zip(names, self.ports, strict=True):
            if name not in listed:
                asked[0].execute_command("CLUSTER MEET", "127.0.0.1", port, port + _LINE)
        return all(_knows(node, names) for node in asked)

    def be_patient(self) -> RealCluster:
        """From now on nobody is taken for gone who is only busy."""
        for node in self.nodes:
            with node.client() as asked:
                asked.config_set("cluster-node-timeout", UNHURRIED_MS)
        return self

    def end(self) -> None:
        for node in self.nodes:
            node.kill()
        for each in self.kept:
            each.close()


def _knows(node: redis.Redis, names: list[str]) -> bool:
    listed = str(node.execute_command("CLUSTER NODES"))
    return all(name in listed for name in names) and "handshake" not in listed


def _well(node: redis.Redis) -> bool:
    told = node.execute_command("CLUSTER INFO")
    state = told if isinstance(told, dict) else dict(line.split(":") for line in str(told).split())
    # each range of slots with its two ends, its primary, and a replica that has said how far it is
    whole = [len(listed) for listed in node.execute_command("CLUSTER SLOTS")] == [4] * PRIMARIES
    return whole and state["cluster_state"] == "ok" and state["cluster_slots_ok"] == str(SLOTS)


def _linked(node: redis.Redis) -> bool:
    about = node.info("replication")
    return about["role"] == "slave" and about["master_link_status"] == "up"


def held_ports(count: int) -> tuple[list[int], list[socket.socket]]:
    """Ports low enough for the cluster's own line beside each, and what holds both."""
    ports: list[int] = []
    kept: list[socket.socket] = []
    first = _FIRST_PORT + time.monotonic_ns() // 1000 % ((_LAST_PORT - _FIRST_PORT) // 2)
    for port in range(first, _LAST_PORT):
        pair: list[socket.socket] = []
        try:
            pair += [held(port)]
            pair += [held(port + _LINE)]
        except OSError:
            for each in pair:
                each.close()
            continue
        ports.append(port)
        kept += pair
        if len(ports) == count:
            break
    return ports, kept


def make_cluster(home: Path, *extra: str) -> RealCluster:
    """Start six servers below a directory and join them."""
    made = RealCluster([], *held_ports(NODES))
    try:
        for number, port in enumerate(made.ports):
            said = {
                "port": port,
                "bind": "127.0.0.1",
                "protected-mode": "no",
                "cluster-enabled": "yes",
                "cluster-port": port + _LINE,
                "cluster-node-timeout": NODE_TIMEOUT_MS,
                "cluster-replica-validity-factor": 0,
                "cluster-require-full-coverage": "no",
                "repl-diskless-sync-delay": 0,
                "repl-diskless-load": "swapdb",
                "auto-aof-rewrite-percentage": 0,
            }
            told = tuple(each for name, value in said.items() for each in (f"--{name}", str(value)))
            (home / str(number)).mkdir()
            server = valkey.ledger_server(home / str(number))
            made.nodes.append(Valkey(replace(server, extra=told + extra)).start())
        return made.form()
    except BaseException:
        made.end()
        raise


@pytest.fixture
def private_cluster() -> Iterator[RealCluster]:
    """A cluster for one test alone."""
    with _of_its_own() as made:
        yield made


@pytest.fixture(scope="session")
def ledger_cluster() -> Iterator[RealCluster]:
    """One cluster for all tests of a process. A test that kills a server takes `private_cluster` instead."""
    with _of_its_own() as made:
        yield made.be_patient()


@contextmanager
def _of_its_own() -> Iterator[RealCluster]:
    home = Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp"))
    try:
        made = make_cluster(home)
        try:
            yield made
        finally:
            made.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def fresh_cluster(ledger_cluster: RealCluster) -> Iterator[Cluster]:
    """A client of the cluster, which is empty: no keys."""
    client = ledger_cluster.client()
    for server in servers_of(client, DISTRICTS):
        server.flushall()
    yield client
    client.close()
