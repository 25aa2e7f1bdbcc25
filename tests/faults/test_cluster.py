"""kill -9 of a cluster's primary under load: eight districts, an observer who keeps every answer, the real journal.

The replica that takes over is first cut off for a moment, so that it lacks what was answered: its districts take no
postings until the journal has given them back. The others go on.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask

from backend.journal.opening import keep_open
from backend.journal.projector import head_number
from backend.journal.rebuilding import catch_up
from backend.journal.server_settings import of_all
from backend.kit.db import db
from backend.wiring import ledger, parts
from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import transfer as t
from points.ledger.cluster import Cluster
from points.ledger.keys import Keys
from tests.app import build, databases, put_away
from tests.cluster import DISTRICTS, RealCluster
from tests.faults.townsfolk import Keeper, Resident, check, join
from tests.points.ledger.town import Town
from tests.servers import Valkey
from tests.waiting import until

ROUNDS = int(os.environ.get("ROUNDS", "100"))
CUT_OFF_SECONDS = 0.4


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    private_cluster: RealCluster,
    cache_server: Valkey,
    fresh_cache: object,
    database_url: str,
    tmp_path: Path,
) -> Iterator[Flask]:
    """The service on a cluster, with the level of the test."""
    said = {
        "service": {"districts": list(DISTRICTS)},
        "redis": {"level": request.param, "fenced": True, "skew_seconds": 60.0},
        "journal": {"trim": "never"},
    }
    made = build(database_url, private_cluster.url, cache_server.url, tmp_path, SystemClock(), said)
    with made.app_context():
        for district in DISTRICTS:
            keep_open(district)
        db.session.remove()
        yield made
        put_away(made)


def _cut_off_and_kill(
    cluster: RealCluster, victim: Valkey, busy: Sequence[str], reached: Callable[[str], int] | None
) -> None:
    """Kill a primary whose replica was cut off for a moment, or until it lacks what is `reached` in busy districts."""
    with cluster.client() as client:
        port = client.replicas(Keys(busy[0]).prefix)[0].connection_pool.connection_kwargs["port"]
    replica = cluster.nodes[cluster.ports.index(int(port))]
    os.kill(replica.pid, signal.SIGSTOP)
    try:
        with victim.client() as asked:
            asked.execute_command("CLIENT KILL TYPE replica")
            heard = {each: int(str(asked.get(Keys(each).head)).partition("\t")[0]) for each in busy}
        if reached is None:
            time.sleep(CUT_OFF_SECONDS)
        else:
            until(lambda: all(reached(each) > heard[each] for each in busy))
        victim.kill()
    finally:
        os.kill(replica.pid, signal.SIGCONT)


def _in_the_journal(district: str) -> int:
    number = head_number(district)
    db.session.rollback()
    return number


def _back(victim: Valkey) -> None:
    """The one that was killed comes back as the replica of the one that took over."""
    victim.start()
    with victim.client() as asked:
        until(lambda: asked.info("replication")["role"] == "slave")
        until(lambda: asked.info("replication")["master_link_status"] == "up")


def _give_back(keepers: list[Keeper], districts: list[str]) -> set[str]:
    """Wait until each district is open again, caught up by command where it lacked entries; answers where it did."""
    lacked, behind = set[str](), set[str]()

    def open_again() -> bool:
        for keeper in keepers:
            if keeper.district in districts and keeper.refused.pop("ledger_behind", 0):
                behind.add(keeper.district)
        lacked.update(behind)
        behind.difference_update([each for each in behind if _answers(lambda each=each: catch_up(each))])
        return not behind and all(map(_takes_postings, districts))

    until(open_again)
    return lacked


def _takes_postings(district: str) -> bool:
    return _answers(lambda: ledger(district).preview(t.TopUp(new_id(SystemClock().now()), "civic", 1)))


def _answers(ask: Callable[[], object]) -> bool:
    """False where it is refused, as by a node that has not heard yet who took over."""
    try:
        ask()
    except Refused:
        return False
    finally:
        db.session.rollback()
    return True


def _rounds(app: Flask, cluster: RealCluster, rounds: int) -> tuple[list[Resident], set[str]]:
    residents = [Resident(app, district) for district in DISTRICTS]
    keepers = [Keeper(app, district) for district in DISTRICTS]
    for thread in (*residents, *keepers):
        thread.start()
    lacked: set[str] = set()
    try:
        for number in range(rounds):
            time.sleep(0.8)
            lacked |= _round(app, cluster, DISTRICTS[number % len(DISTRICTS)], keepers)
        until(lambda: all(len(resident.answers) > 20 * rounds for resident in residents))
    finally:
        join(residents)
        join(keepers)
    return residents, lacked


def _round(app: Flask, cluster: RealCluster, district: str, keepers: list[Keeper]) -> set[str]:
    """Kill the primary of a district, and wait until it is a replica; answers which of its districts lacked entries."""
    victim = cluster.owner(district)
    hit = [each for each in DISTRICTS if cluster.owner(each) is victim]
    by_journal = app.extensions["civic_settings"].redis.level == "journal"  # else nobody is answered meanwhile
    _cut_off_and_kill(cluster, victim, hit, _in_the_journal if by_journal else None)
    until(lambda: all(cluster.owner(each) is not victim for each in hit))
    lacked = _give_back(keepers, hit)
    _back(victim)
    return lacked


def _tell(residents: list[Resident], lacked: set[str], rounds: int) -> None:
    told = sum((resident.told for resident in residents), Counter())
    answered = sum(len(resident.answers) for resident in residents)
    print(f"{rounds} primaries killed: {answered} answered, 0 lost; {len(lacked)} districts caught up; {dict(told)}")


def _kill_primaries(app: Flask, cluster: RealCluster, rounds: int) -> set[str]:
    residents, lacked = _rounds(app, cluster, rounds)
    check(residents)
    _tell(residents, lacked, rounds)
    told = sum((resident.told for resident in residents), Counter())
    assert told["ledger_unreachable"] >= rounds  # the kills were felt
    assert all(len(resident.answers) > 20 * rounds for resident in residents)
    assert all(told[kind] > 20 * rounds for kind in ("earn", "hold", "capture"))
    return lacked


ONE_DATABASE = pytest.mark.parametrize("database_url", databases()[-1:], indirect=True)
"""What is proved here is the cluster; the long rounds run on both."""


@ONE_DATABASE
@pytest.mark.parametrize("app", ["journal"], indirect=True)
def test_a_killed_primary_loses_no_answer_of_the_level_journal(app: Flask, private_cluster: RealCluster) -> None:
    lacked = _kill_primaries(app, private_cluster, 1)
    assert lacked  # the replica had not heard of everything that was answered, and the journal gave it back


@ONE_DATABASE
@pytest.mark.parametrize("app", ["replica"], indirect=True)
def test_a_killed_primary_loses_no_answer_of_the_level_replica(app: Flask, private_cluster: RealCluster) -> None:
    _kill_primaries(app, private_cluster, 1)


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("app", ["journal", "replica"], indirect=True)
def test_many_killed_primaries_lose_no_answer(app: Flask, private_cluster: RealCluster) -> None:
    _kill_primaries(app, private_cluster, max(1, ROUNDS // 5))


@ONE_DATABASE
@pytest.mark.parametrize("app", ["disk"], indirect=True)
def test_the_level_disk_is_refused_on_a_cluster_that_promotes_by_itself(
    app: Flask, private_cluster: RealCluster
) -> None:
    """The control: without the journal or the replica, answers are lost, so that level is not allowed there."""
    wanted, client = app.extensions["civic_settings"].redis, parts().ledger_client
    assert isinstance(client, Cluster)

    def told() -> list[str]:
        client.look_again()  # on a busy machine a server may seem gone for a moment
        return [each.en for each in of_all(client, wanted, DISTRICTS)]

    until(lambda: len(told()) == len(private_cluster.nodes))
    assert all("cluster-replica-no-failover yes" in each for each in told())
    town = Town(ledger(DISTRICTS[0]), SystemClock())
    victim, answered, killed = private_cluster.owner(DISTRICTS[0]), [0], Event()

    def post() -> None:
        while not killed.is_set():
            with suppress(Refused):
                answered.append(town.top_up(1).number)

    thread = Thread(target=post)
    thread.start()
    try:
        _cut_off_and_kill(private_cluster, victim, DISTRICTS[:1], lambda _: answered[-1])
    finally:
        killed.set()
        thread.join()
    until(lambda: private_cluster.owner(DISTRICTS[0]) is not victim)
    lost = answered[-1] - ledger(DISTRICTS[0]).head().number
    print(f"control: {lost} of {answered[-1]} answers lost at level disk")
    assert lost > 0
    for node in private_cluster.nodes:
        if node is not victim:
            node.client().config_set("cluster-replica-no-failover", "yes")
    assert told() == []
