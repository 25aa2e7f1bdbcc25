"""A cluster holds each district whole on one server, and goes on when that server is gone."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
import redis

from points.clock import FixedClock, SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import GENESIS, Head, Ledger, Stream, connect, owner_of
from points.ledger.cluster import Cluster, servers_of
from points.ledger.keys import Keys
from points.ledger.transfer import TopUp
from tests.cluster import DISTRICTS, PRIMARIES, RealCluster
from tests.points.ledger.town import Town, refused
from tests.waiting import until

ADDRESSES = [
    ("redis+cluster://one:7001,two", [("one", 7001), ("two", 6379)], None, None),
    ("redis+cluster://wang:p%40ss@[::1]:7001", [("::1", 7001)], "wang", "p@ss"),
    ("rediss+cluster://:secret@one:7001,two:7002/", [("one", 7001), ("two", 7002)], None, "secret"),
]


@pytest.mark.parametrize(("url", "nodes", "user", "password"), ADDRESSES)
def test_a_cluster_is_named_by_some_of_its_addresses(
    url: str, nodes: list[tuple[str, int]], user: str | None, password: str | None
) -> None:
    made = connect(url)
    assert isinstance(made, Cluster)
    assert made.nodes == nodes
    assert (made.options.get("username"), made.options.get("password")) == (user, password)
    assert made.options.get("ssl", False) is url.startswith("rediss")


@pytest.mark.parametrize(
    "url", ["redis+cluster://", "redis+cluster://one:7001/3", "http://one", "redis+cluster://a,,b"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"ledger is reached by|a cluster is named"):
        connect(url)


def test_a_cluster_that_nobody_answers_for_is_unreachable_by_name() -> None:
    client = connect("redis+cluster://127.0.0.1:1")
    with pytest.raises(redis.ConnectionError):
        owner_of(client, "{d:370112}:")
    with refused("ledger_unreachable"):
        Ledger(client, "370112", SystemClock()).head()


def test_all_keys_of_a_district_share_its_tag_and_its_server(fresh_cluster: Cluster, clock: FixedClock) -> None:
    for district in DISTRICTS:
        town = Town(Ledger(fresh_cluster, district, clock, skew_limit_seconds=None), clock).opened()
        town.earn("lin", 100)
        town.capture(town.hold("lin").id)
    servers = servers_of(fresh_cluster, DISTRICTS)
    assert len(servers) == PRIMARIES  # the districts are spread over all of them
    counted = dict.fromkeys(DISTRICTS, 0)
    for server in servers:
        for key in server.scan_iter(count=1000):
            tag = key.decode().partition("}")[0].removeprefix("{d:")
            assert owner_of(fresh_cluster, Keys(tag).prefix) is server
            counted[tag] += 1
    assert set(counted) == set(DISTRICTS)
    assert min(counted.values()) > 10


def test_a_client_that_comes_while_a_server_is_down_finds_the_others(private_cluster: RealCluster) -> None:
    with private_cluster.client() as client:
        retries = owner_of(client, Keys(DISTRICTS[0]).prefix).connection_pool.connection_kwargs["retry"]
        assert retries.get_retries() == 0
    down = private_cluster.nodes[0]
    beside = next(district for district in DISTRICTS if private_cluster.owner(district) is not down)
    down.kill()
    for _ in range(5):
        with private_cluster.client() as client:
            assert Ledger(client, beside, SystemClock()).head().number == 0


def test_a_district_whose_server_changed_is_found_without_being_told(private_cluster: RealCluster) -> None:
    """The replica takes over in good order; a worker that knew the old server is sent on and posts once."""
    with private_cluster.client() as client:
        ledger = Ledger(client, DISTRICTS[0], SystemClock(), fenced=True)
        ledger.open(Head(0, GENESIS))
        first = ledger.post(TopUp(new_id(SystemClock().now()), "civic", 5))
        before = private_cluster.owner(DISTRICTS[0])
        replica = client.replicas(ledger.keys.prefix)[0]
        for _ in range(5):  # on a busy machine it is given up, which nobody is told
            replica.execute_command("CLUSTER FAILOVER")
            with suppress(AssertionError):
                until(lambda: private_cluster.owner(DISTRICTS[0]) is not before, 10)
                break
        late = TopUp(new_id(SystemClock().now()), "civic", 7)
        with refused("ledger_closed"):  # another server, another run: it is matched first
            _patient(ledger, late)
        ledger.open(Head(first.number, Stream(client, DISTRICTS[0]).read(0)[0].hash))
        assert ledger.post(late).number == 2
        assert ledger.account("fund:civic") == 12


def _patient(ledger: Ledger, command: TopUp) -> None:
    """Post, and again for as long as nobody answers for the district."""
    give_up_at = time.monotonic() + 20
    while True:
        try:
            ledger.post(command)
        except Refused as refusal:
            if refusal.code != "ledger_unreachable" or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return
