"""A ledger that is not the one it was, though its server never stopped: the worker's rounds and the level see it."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from flask import Flask

from backend.journal import rebuilding
from backend.journal.check import compare
from backend.journal.doubt import in_doubt
from backend.journal.following import keep_up
from backend.journal.opening import is_open, keep_open
from backend.journal.projector import head, project_all
from backend.kit.db import db, transaction
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.seen import Seen
from tests.app import DISTRICT
from tests.backend.journal.test_rebuilding import put_back, whole
from tests.points.ledger.town import Town, refused


@pytest.fixture
def level() -> str:
    return "disk"


@pytest.fixture
def overrides(level: str) -> dict[str, dict[str, Any]]:
    return {"redis": {"fenced": True, "level": level, "wait_seconds": 5.0}}


@pytest.fixture
def raw(fresh_redis: redis.Redis, app: Flask) -> redis.Redis:
    """Reads and writes whole keys, past the ledger."""
    kwargs = fresh_redis.connection_pool.connection_kwargs
    return redis.Redis(unix_socket_path=kwargs["path"])


@pytest.fixture
def town(app: Flask, clock: FixedClock) -> Town:
    """Open for postings: three entries."""
    keep_open(DISTRICT)
    return Town(ledger(DISTRICT), clock).opened()


@pytest.fixture
def older(town: Town, raw: redis.Redis) -> dict[bytes, bytes]:
    """What a replica had that went its own way; the ledger and the journal have five entries more."""
    project_all(DISTRICT)
    old = whole(raw)
    for _ in range(5):
        town.earn("lin", 1)
    project_all(DISTRICT)
    return old


def failed_back(town: Town, raw: redis.Redis, older: dict[bytes, bytes]) -> None:
    """The server has the replica's keys now, in the same run as its head says; who posts has not seen more."""
    put_back(raw, older)
    town.ledger._seen = Seen()
    assert is_open(DISTRICT)


def test_a_round_closes_a_ledger_that_lacks_entries(town: Town, raw: redis.Redis, older: dict[bytes, bytes]) -> None:
    failed_back(town, raw, older)
    with refused("ledger_behind"):
        keep_up(DISTRICT)
    with refused("ledger_closed"):
        town.earn("lin", 1)
    assert rebuilding.catch_up(DISTRICT) == head(DISTRICT)
    assert town.earn("lin", 1).number == 9


@pytest.mark.parametrize("posted", [5, 6])
def test_a_round_closes_a_ledger_that_tells_another_history(
    town: Town, raw: redis.Redis, older: dict[bytes, bytes], posted: int
) -> None:
    failed_back(town, raw, older)
    for _ in range(posted):
        town.earn("mei", 1)
    with refused("ledger_forked"):
        keep_up(DISTRICT)
    with refused("ledger_closed"):
        town.earn("lin", 1)
    with refused("ledger_forked"):
        keep_open(DISTRICT)


def test_a_broken_chain_closes_the_ledger_until_it_was_found_whole(town: Town, raw: redis.Redis) -> None:
    project_all(DISTRICT)
    for _ in range(3):
        town.earn("lin", 1)
    raw.xdel(town.ledger.keys.stream, "5-0")
    with refused("journal_chain_broken"):
        keep_up(DISTRICT)
    with refused("ledger_closed"):
        town.earn("lin", 1)
    assert in_doubt(DISTRICT)
    with refused("ledger_in_doubt"):
        keep_up(DISTRICT)


def test_a_broken_chain_closes_the_ledger_inside_a_transaction_too(town: Town, raw: redis.Redis) -> None:
    town.earn("lin", 1)
    raw.xdel(town.ledger.keys.stream, "2-0")

    def use() -> None:
        with transaction():
            project_all(DISTRICT)

    with refused("journal_chain_broken"):
        use()
    with refused("ledger_closed"):
        town.earn("lin", 1)


@pytest.mark.parametrize("level", ["journal"])
@pytest.mark.parametrize("inside", [False, True])
def test_an_entry_of_another_history_is_not_answered_as_journaled(
    town: Town, raw: redis.Redis, older: dict[bytes, bytes], inside: bool
) -> None:
    """The journal has an entry of that number; it is not the one that was answered."""
    failed_back(town, raw, older)

    def use() -> None:
        if inside:
            with transaction():
                town.earn("mei", 1)
        else:
            town.earn("mei", 1)

    with refused("not_yet_durable"):
        use()
    with refused("ledger_closed"):
        use()
    db.session.rollback()
    with refused("ledger_behind"):
        keep_open(DISTRICT)


def test_catching_up_ends_a_doubt_that_was_for_missing_entries(
    town: Town, raw: redis.Redis, older: dict[bytes, bytes]
) -> None:
    failed_back(town, raw, older)
    assert not compare(DISTRICT, closes=True).holds
    assert rebuilding.catch_up(DISTRICT) == head(DISTRICT)
    assert not in_doubt(DISTRICT)
    assert town.earn("lin", 1).number == 9


def test_looking_at_a_lost_ledger_leaves_it_empty_for_who_rebuilds_it(town: Town, raw: redis.Redis) -> None:
    project_all(DISTRICT)
    raw.flushall()
    assert not compare(DISTRICT, closes=True).holds
    assert raw.dbsize() == 0
    with refused("ledger_closed"):
        town.earn("lin", 1)
    assert rebuilding.rebuild(DISTRICT).number == 3
    assert not in_doubt(DISTRICT)
    assert town.earn("lin", 1).number == 4
