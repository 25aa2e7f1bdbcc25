"""What the scripts make of a head, what they leave of it when a write is refused, and in which order they write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis

from points.clock import FixedClock, to_ms
from points.ledger import Ledger, Stream
from points.ledger import transfer as t
from points.ledger.script import opening
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused

PREFIX = f"{{d:{DISTRICT}}}:"
HEAD = f"{PREFIX}head"


@pytest.fixture
def real(redis_ledger: Ledger, clock: FixedClock) -> Town:
    return Town(redis_ledger, clock).opened()


def _torn(head: bytes) -> bytes:
    return head.replace(b"\topen\t", b"\ttorn\t")


def _unreadable(head: bytes) -> bytes:
    return head + b"\t"


@pytest.mark.parametrize("spoilt", [_torn, _unreadable])
def test_a_torn_or_unreadable_head_takes_no_postings_and_is_not_opened(
    real: Town, redis_client: redis.Redis, spoilt: Callable[[bytes], bytes]
) -> None:
    """Also when it became so after whoever opens it has looked at it."""
    ledger: Any = real.ledger
    seen = ledger.head()
    text = spoilt(redis_client.get(HEAD))
    redis_client.set(HEAD, text)
    with refused("ledger_torn"):
        real.top_up(1)
    with refused("ledger_torn"):
        ledger.open(seen)
    assert ledger.wire.run(opening(), (HEAD,), (str(seen.number), seen.hash, "open")) == b"!ledger_torn"
    assert redis_client.get(HEAD) == text


def test_an_entry_that_the_stream_refuses_closes_the_ledger_after_all_else_was_written(
    real: Town, redis_client: redis.Redis
) -> None:
    """The entry is written last: nobody reads one whose changes are not there."""
    before = redis_client.get(HEAD).decode().split("\t")
    redis_client.xadd(f"{PREFIX}entries", {"t": "no entry"}, "9-0")
    topping = t.TopUp(real.id(), "civic", 5)
    with refused("ledger_torn"):
        real.ledger.post(topping)
    assert real.ledger.account("fund:civic") == 100_005
    number, digest, *rest = redis_client.get(HEAD).decode().split("\t")
    assert (number, digest != before[1]) == ("4", True)
    assert rest == [str(to_ms(real.now)), "torn", *before[4:]]
    with refused("ledger_torn"):
        real.ledger.post(topping)


def test_records_and_head_are_written_first(real: Town, redis_client: redis.Redis) -> None:
    """So a write that is refused later finds a head that says so, also when no balance moves."""
    redis_client.set(f"{PREFIX}accounts", "no hash")
    with refused("ledger_torn"):
        real.close("clerk:wei")
    assert redis_client.get(HEAD).split(b"\t")[3] == b"torn"


def test_entries_say_how_much_expired_and_when_a_grant_opens(real: Town, redis_client: redis.Redis) -> None:
    opens = real.now + timedelta(days=3)
    real.earn("mei", 40, opens_at=opens)
    real.earn("lin", 30, days=1)
    real.earn("lin", 12, days=1)
    real.clock.advance(days=1)
    assert real.sweep() == 1
    waiting, *_, expired = Stream(redis_client, DISTRICT).read(3, 10)
    assert waiting.changes == (f"P,mei,40,{to_ms(opens)}",)
    assert (expired.kind, expired.amount) == ("expire", 42)


def test_nobody_stays_listed_when_a_sweep_comes_at_midnight(real: Town, redis_client: redis.Redis) -> None:
    real.earn("lin", 30, days=1)
    real.clock.at = (real.now + timedelta(days=2)).replace(hour=0, minute=0)
    assert real.sweep() == 1
    assert not list(redis_client.scan_iter(f"{PREFIX}due:*"))
    assert not redis_client.exists(f"{PREFIX}days")
