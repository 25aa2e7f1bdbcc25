"""A purse stays small: past 64 lots, those of one fund and day become one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import redis

from points.ledger import Ledger, Receipt, Stream
from points.ledger.rebuild import Replay
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused


def _crowd(town: Town, lots: int = 64) -> list[Receipt]:
    """So many lots of 5 points, each with a day of its own."""
    return [town.earn("lin", 5, days=100 + day) for day in range(lots)]


def _end_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_000)


def test_a_crowded_purse_merges_lots_of_one_fund_and_day(town: Town) -> None:
    """The first that would outlast its neighbours lasts to the end of its day; all later ones of the day join it."""
    _crowd(town)
    for minutes in range(40):
        town.earn("lin", 1, expires_at=town.now + timedelta(days=110, minutes=minutes))
    expiring = town.ledger.balance("lin").expiring
    assert len(expiring) == 65
    assert list(expiring[10:12]) == [
        (town.now + timedelta(days=110), 6),
        (_end_of_day(town.now + timedelta(days=110)), 39),
    ]
    assert town.available() == 360


def test_a_merged_lot_keeps_its_date_so_that_what_returns_finds_it(
    redis_ledger: Ledger, redis_client: redis.Redis, clock: object
) -> None:
    """A redemption is under way in the lot that later ones join; what comes back must not stand beside it."""
    town = Town(redis_ledger, clock).opened()
    for _ in range(64):
        town.earn("lin", 40, days=100)
    later = town.now + timedelta(days=100, minutes=9)
    hold = town.hold("lin").id
    town.earn("lin", 5, expires_at=later)
    town.release(hold)
    town.earn("lin", 5, expires_at=later)
    entries = Stream(redis_client, DISTRICT).read(0, 1000)
    assert verify(entries, redis_ledger).difference is None
    assert town.available() == 64 * 40 + 10
    assert [points for _, points in town.ledger.balance("lin").expiring][-2:] == [40, 10]


def test_another_fund_or_day_stays_apart(town: Town) -> None:
    _crowd(town)
    town.top_up(100, fund="spring")
    town.earn("lin", 1, days=110, fund="spring")
    town.earn("lin", 1, days=300)
    assert len(town.ledger.balance("lin").expiring) == 66


def test_undoing_a_merged_grant_takes_no_more_than_it_brought(town: Town) -> None:
    first = _crowd(town)
    joined = [town.earn("lin", 2, days=100) for _ in range(3)]
    assert town.reverse(joined[1].id).amount == 2
    assert town.ledger.balance("lin").expiring[0][1] == 9
    assert town.reverse(first[0].id).amount == 5
    assert town.ledger.balance("lin").expiring[0][1] == 4
    with refused("already_reversed"):
        town.reverse(joined[1].id)
    town.reverse(joined[0].id)
    town.reverse(joined[2].id)
    assert town.available() == 63 * 5


def test_merged_lots_are_spent_and_expire_as_one(town: Town) -> None:
    _crowd(town)
    town.earn("lin", 40, days=100)
    hold = town.hold("lin")
    assert town.ledger.balance("lin").expiring[0][1] == 15
    town.release(hold.id)
    assert town.ledger.balance("lin").expiring[0][1] == 45
    town.clock.advance(days=101)
    assert town.sweep() >= 1
    assert town.available() == 62 * 5


def test_a_merge_is_in_the_entries(redis_ledger: Ledger, redis_client: redis.Redis, clock: object) -> None:
    town = Town(redis_ledger, clock).opened()
    _crowd(town)
    for minutes in (5, 3, 9):
        grant = town.earn("lin", 4, expires_at=town.now + timedelta(days=120, minutes=minutes))
    town.reverse(grant.id)
    entries = Stream(redis_client, DISTRICT).read(0, 1000)
    assert verify(entries, redis_ledger).difference is None
    redis_client.flushall()
    redis_ledger.open(Replay(redis_client, DISTRICT).run(entries))
    assert verify(entries, redis_ledger).difference is None


@pytest.mark.parametrize("lots", [400])
def test_a_purse_of_many_days_still_spends_the_first_to_expire(town: Town, lots: int) -> None:
    _crowd(town, lots)
    town.hold("lin", 10)
    assert town.ledger.balance("lin").expiring[0] == (town.now + timedelta(days=160), 5)
