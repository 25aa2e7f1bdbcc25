"""An id is forgotten only behind the floor, is never posted anew, and what it did can still be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from points.clock import FixedClock
from points.ledger import Entry, Ledger, Stream
from points.ledger import transfer as t
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused


@pytest.fixture
def journal(redis_client: redis.Redis) -> dict[str, Entry]:
    return {}


@pytest.fixture
def town(redis_client: redis.Redis, clock: FixedClock, journal: dict[str, Entry]) -> Town:
    ledger = Ledger(redis_client, DISTRICT, clock, skew_limit_seconds=None, archive=journal.get)
    return Town(ledger, clock).opened()


def _copied(client: redis.Redis, journal: dict[str, Entry]) -> list[Entry]:
    entries = Stream(client, DISTRICT).read(0, 1000)
    journal.update({entry.id: entry for entry in entries})
    return entries


def test_only_ids_below_the_floor_are_forgotten(
    town: Town, redis_client: redis.Redis, journal: dict[str, Entry]
) -> None:
    old = town.earning("lin", 30)
    town.ledger.post(old)
    town.clock.advance(days=20)
    young = town.earning("lin", 40)
    town.ledger.post(young)
    assert town.ledger.forget(_copied(redis_client, journal)) == 0
    town.clock.advance(days=11)
    town.earn("mei", 1)
    assert town.ledger.forget(_copied(redis_client, journal)) == 4  # the opening of the town, and the old grant
    with refused("id_expired"):
        town.ledger.post(old)
    assert town.ledger.post(young).replayed
    assert town.available() == 70
    assert verify(_copied(redis_client, journal), town.ledger).difference is None


def test_a_forgotten_grant_can_be_undone_once(town: Town, redis_client: redis.Redis, journal: dict[str, Entry]) -> None:
    grant = town.earn("lin", 30, caps=(t.Cap("year", 100),))
    town.clock.advance(days=40)
    town.earn("mei", 1)
    assert town.ledger.forget(_copied(redis_client, journal)) == 4
    assert town.reverse(grant.id).amount == 30
    assert town.ledger.forget(_copied(redis_client, journal)) == 1
    with refused("already_reversed"):
        town.reverse(grant.id)
    town.ledger.forget(_copied(redis_client, journal))
    with refused("id_expired"):
        town.ledger.post(t.Earn(grant.id, "lin", "civic", 30, town.now, town.now + timedelta(days=9)))
    assert verify(_copied(redis_client, journal), town.ledger).difference is None


def test_a_forgotten_capture_can_be_refunded(town: Town, redis_client: redis.Redis, journal: dict[str, Entry]) -> None:
    town.earn("lin", 30)
    hold = town.hold("lin")
    capture = town.capture(hold.id)
    town.clock.advance(days=40)
    town.earn("mei", 1)
    assert town.ledger.forget(_copied(redis_client, journal)) == 6
    assert town.refund(capture.id, 10).amount == 10
    assert town.refund(capture.id).amount == 20
    with refused("over_capture"):
        town.refund(capture.id, 1)
    for end in (t.Release(town.id(), hold.id), town.capturing(hold.id)):
        with refused("hold_timed_out"):
            town.ledger.post(end)
    assert town.available() == 30


def test_a_grant_that_waits_is_not_forgotten(town: Town, redis_client: redis.Redis, journal: dict[str, Entry]) -> None:
    waiting = town.earn("lin", 30, opens_at=town.now + timedelta(days=60))
    town.clock.advance(days=40)
    town.earn("mei", 1)
    town.ledger.forget(_copied(redis_client, journal))
    assert town.ledger.receipt(waiting.id) is not None
    town.clock.advance(days=30)
    assert town.sweep() == 1
    assert town.available() == 30


def test_an_id_is_forgotten_in_the_millisecond_in_which_it_falls_below_the_floor(
    town: Town, redis_client: redis.Redis, journal: dict[str, Entry]
) -> None:
    town.clock.advance(days=1)  # the opening of the town is a day older
    grant = town.earn("lin", 30)
    for milliseconds, forgotten in ((0, 3), (1, 1)):
        town.clock.at = grant.at + timedelta(days=30, milliseconds=milliseconds)
        town.earn("mei", 1)
        assert town.ledger.forget(_copied(redis_client, journal)) == forgotten


def test_a_hold_that_nobody_ended_is_not_forgotten(
    town: Town, redis_client: redis.Redis, journal: dict[str, Entry]
) -> None:
    town.earn("lin", 30)
    hold = town.hold("lin")
    town.clock.advance(days=40)
    town.earn("mei", 1)
    assert town.ledger.forget(_copied(redis_client, journal)) == 4
    assert town.ledger.receipt(hold.id) is not None
    assert town.sweep() == 1
    assert town.available() == 30
    assert town.ledger.forget(_copied(redis_client, journal)) == 1


def test_forgetting_an_undone_grant_leaves_those_of_its_day_waiting(
    town: Town, redis_client: redis.Redis, journal: dict[str, Entry]
) -> None:
    day = town.now + timedelta(days=60)
    undone, waiting = (town.earn("lin", 30, opens_at=day) for _ in range(2))
    town.reverse(undone.id)
    town.clock.advance(days=40)
    town.earn("mei", 1)
    assert town.ledger.forget(_copied(redis_client, journal)) == 5
    assert town.ledger.receipt(waiting.id) is not None
    town.clock.advance(days=20)
    assert town.sweep() == 1
    assert town.available() == 30


def test_a_ledger_that_lost_its_head_forgets_nothing(
    town: Town, redis_client: redis.Redis, journal: dict[str, Entry]
) -> None:
    grant = town.earn("lin", 30)
    redis_client.delete(f"{{d:{DISTRICT}}}:head")
    assert town.ledger.forget(_copied(redis_client, journal)) == 0
    assert town.ledger.receipt(grant.id) is not None
