"""The journal's work on a cluster: each district is read, compared and put together on the server that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask

from backend.journal import health, rebuilding
from backend.journal.check import compare
from backend.journal.opening import keep_open
from backend.journal.projector import project_all
from backend.wiring import ledger, stream
from points.clock import FixedClock
from points.ledger import owner_of
from points.ledger.cluster import Cluster, servers_of
from points.ledger.keys import Keys
from tests.app import build, put_away
from tests.backend.journal.test_rebuilding import refused
from tests.cluster import DISTRICTS, RealCluster
from tests.points.ledger.town import Town
from tests.servers import Valkey


@pytest.fixture
def app(
    fresh_cluster: Cluster,
    ledger_cluster: RealCluster,
    cache_server: Valkey,
    database_url: str,
    tmp_path: Path,
    clock: FixedClock,
) -> Iterator[Flask]:
    """The service on a cluster, each district with some postings that the journal has."""
    said = {"service": {"districts": list(DISTRICTS)}, "redis": {"fenced": True}}
    made = build(database_url, ledger_cluster.url, cache_server.url, tmp_path, clock, said)
    with made.app_context():
        for district in DISTRICTS:
            keep_open(district)
            town = Town(ledger(district), clock).opened()
            town.earn("lin", 100)
            town.capture(town.hold("lin").id)
            project_all(district)
        yield made
        put_away(made)


def _keys(client: Cluster, district: str) -> dict[bytes, bytes]:
    """All keys of a district but its head and its stream."""
    server: redis.Redis = owner_of(client, Keys(district).prefix)
    found = server.scan_iter(match=f"{Keys(district).prefix}*", count=1000)
    return {key: server.dump(key) for key in found if not key.endswith((b":head", b":entries"))}


def test_each_district_is_verified_and_trimmed_where_it_lives(app: Flask) -> None:
    assert app.extensions["civic_parts"].ledger_answers()
    for district in DISTRICTS:
        assert compare(district).line.startswith(f"{district} 账本与流水一致")
        assert stream(district).length() == 0  # trimmed behind the commit


def test_a_district_is_put_together_again_and_the_others_are_left_alone(app: Flask, fresh_cluster: Cluster) -> None:
    lost, beside = DISTRICTS[0], DISTRICTS[4]
    assert owner_of(fresh_cluster, Keys(lost).prefix) is owner_of(fresh_cluster, Keys(beside).prefix)
    wanted, kept = _keys(fresh_cluster, lost), _keys(fresh_cluster, beside)
    assert refused(lambda: rebuilding.rebuild(lost)) == "ledger_not_empty"
    assert rebuilding.replace(lost) == ledger(lost).head()
    assert _keys(fresh_cluster, lost) == wanted
    assert _keys(fresh_cluster, beside) == kept
    assert all(compare(district).holds for district in (lost, beside))


def test_the_check_up_names_the_server_that_cannot_keep_the_level(app: Flask, fresh_cluster: Cluster) -> None:
    server = servers_of(fresh_cluster, DISTRICTS)[1]
    server.config_set("appendfsync", "everysec")
    try:
        told = [finding.en for finding in health.server() if "appendfsync" in finding.en]
    finally:
        server.config_set("appendfsync", "always")
    port = server.connection_pool.connection_kwargs["port"]
    assert [f"127.0.0.1:{port}" in line for line in told] == [True]
    assert [finding.mark for finding in health.journals()].count("bad") == 0
