"""What only the real ledger has: its keys, the text of its entries, and scripts asked with the wrong keys."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from points.amounts import CEILING
from points.clock import FixedClock, SystemClock, to_ms
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Stream
from points.ledger import transfer as t
from points.ledger.rebuild import Replay
from points.ledger.request import CaptureFacts, Facts, GrantFacts, HoldFacts
from points.ledger.script import opening
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused

PREFIX = f"{{d:{DISTRICT}}}:"


@pytest.fixture
def real(redis_ledger: Ledger, clock: FixedClock) -> Town:
    return Town(redis_ledger, clock).opened()


def _asked(real: Town, command: t.Command, facts: Facts) -> str:
    """What the script says to a command whose keys were made for somebody else."""
    ledger: Any = real.ledger
    now = to_ms(real.now)
    return str(ledger._run([ledger._requests.of(command, now, facts)], now)[0])


def _holds(real: Town, client: redis.Redis) -> None:
    entries = Stream(client, DISTRICT).read(0, 10_000)
    assert str(verify(entries, real.ledger).difference) == "None"


def test_a_script_with_keys_made_for_somebody_else_asks_for_others_and_does_nothing(
    real: Town, redis_client: redis.Redis
) -> None:
    real.earn("mei", 100)
    grant = real.earn("lin", 100)
    hold = real.hold("lin")
    captured = real.capture(real.hold("lin").id)
    head = real.ledger.head()
    other = HoldFacts("mei", "tea")
    asked = [
        _asked(real, real.capturing(hold.id), other),
        _asked(real, real.capturing(hold.id), HoldFacts("lin", "cake")),
        _asked(real, t.Release(real.id(), hold.id), other),
        _asked(real, t.Refund(real.id(), captured.id, "zhou", "broken"), CaptureFacts(grant.id, "lin")),
        _asked(real, t.Refund(real.id(), captured.id, "zhou", "broken"), CaptureFacts(hold.id, "lin")),
        _asked(real, t.Reverse(real.id(), grant.id, "wrong", ("zhou", "qian")), GrantFacts("mei", 0, 0, ())),
    ]
    assert asked == [f"?{to_ms(real.now)}"] * len(asked)
    assert real.ledger.head() == head
    _holds(real, redis_client)


def test_a_sweep_with_keys_made_for_somebody_else_or_too_early_or_too_late_does_nothing(
    real: Town, redis_client: redis.Redis
) -> None:
    ledger: Any = real.ledger
    opens = real.now + timedelta(days=1)
    grant = real.earn("lin", 40, opens_at=opens)
    real.earn("lin", 40)
    hold = real.hold("lin")
    facts = GrantFacts("lin", to_ms(opens), to_ms(real.now + timedelta(days=365)), ())
    opening_it = ledger._requests.open(grant.id, facts)
    ending_it = ledger._requests.time_out(hold.id, HoldFacts("lin", "tea"))
    for early in (opening_it, ending_it):
        assert ledger._run([early], to_ms(real.now)) == ["!not_due"]
    real.clock.advance(days=1)
    now = to_ms(real.now)
    for wrong in (replace_hint(opening_it, "mei"), replace_hint(ending_it, "mei\ttea")):
        assert ledger._run([wrong], now)[0] == f"?{now}"
    for right, again in ((opening_it, "!not_due"), (ending_it, "!hold_timed_out")):
        assert ledger._run([right], now)[0][0].isdigit()
        assert ledger._run([right], now) == [again]  # another sweep was quicker
    _holds(real, redis_client)


def replace_hint(request: Any, hint: str) -> Any:
    return request._replace(hint=hint)


def test_a_ledger_is_opened_only_at_the_very_head_that_was_matched(real: Town) -> None:
    ledger: Any = real.ledger
    head = ledger.head()
    for number, digest in ((head.number, "0" * 40), (head.number + 1, head.hash)):
        assert ledger.wire.run(opening(), (ledger.keys.head,), (str(number), digest, "closed")) == b"?"
    real.top_up(1)  # it stays open


def test_points_from_elsewhere_stay_below_the_ceiling(real: Town, redis_client: redis.Redis) -> None:
    """So many that the figures are written by hand."""
    until = real.now + timedelta(days=9)

    def receive() -> None:
        real.ledger.post(t.ReceiveAcross(real.id(), "lin", "370102", 2, until, real.id()))

    def send() -> None:
        real.ledger.post(t.SendAcross(real.id(), "lin", "370102", 2))

    real.earn("lin", 10)
    purse, clearing = redis_client.get(f"{PREFIX}r:lin"), (f"{PREFIX}accounts", "clearing:370102")
    redis_client.set(f"{PREFIX}r:lin", purse.replace(b"10 0 0", b"%d 0 0" % (CEILING - 2)))
    with refused("over_ceiling"):
        receive()
    redis_client.set(f"{PREFIX}r:lin", purse.replace(b"10 0 0", b"%d 0 0" % (CEILING - 3)))
    receive()
    redis_client.set(f"{PREFIX}r:lin", purse)
    redis_client.hset(*clearing, str(2 - CEILING))
    with refused("over_ceiling"):
        receive()
    redis_client.hset(*clearing, str(3 - CEILING))
    receive()
    redis_client.set(f"{PREFIX}r:lin", purse)
    redis_client.hset(*clearing, str(CEILING - 2))
    with refused("over_ceiling"):
        send()
    redis_client.hset(*clearing, str(CEILING - 3))
    send()


def test_a_caller_in_step_with_the_server_is_not_refused_late_in_a_second(redis_client: redis.Redis) -> None:
    """The server tells seconds and microseconds apart."""

    def told() -> datetime:
        seconds, microseconds = redis_client.time()
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)

    for _ in range(5):  # a machine that is busy just then does not count
        while not 800_000 <= (now := told()).microsecond < 880_000:
            time.sleep(0.02)
        ledger = Ledger(redis_client, DISTRICT, FixedClock(now), skew_limit_seconds=1.5)
        try:
            posted = ledger.post(t.TopUp(new_id(now), "civic", 5))
        except Refused:
            if told() - now < timedelta(seconds=1):
                raise
        else:
            break
    assert posted.number == 1


def test_time_does_its_work_while_the_ledger_is_about_in_step_with_its_server(redis_client: redis.Redis) -> None:
    clock = FixedClock(SystemClock().now())
    town = Town(Ledger(redis_client, DISTRICT, clock, skew_limit_seconds=60), clock)
    town.top_up(100)
    town.earn("lin", 30, expires_at=town.now + timedelta(seconds=10))
    clock.advance(seconds=20)
    assert town.sweep() == 1
    assert town.ledger.account("fund:civic") == 100


def test_an_entry_stands_under_the_names_that_are_promised(real: Town, redis_client: redis.Redis) -> None:
    [(name, fields)] = redis_client.xrevrange(f"{PREFIX}entries", count=1)
    assert (name, sorted(fields)) == (b"3-0", [b"h", b"p", b"t"])
    head = redis_client.get(f"{PREFIX}head").split(b"\t")
    assert (head[0], head[1]) == (b"3", fields[b"h"])


def test_a_lot_is_named_by_the_entry_that_brought_it(real: Town, redis_client: redis.Redis) -> None:
    earned = real.earn("lin", 5)
    until = real.now + timedelta(days=9)
    arrived = real.ledger.post(t.ReceiveAcross(real.id(), "lin", "370102", 7, until, real.id()))
    lots = redis_client.get(f"{PREFIX}r:lin").decode().split("\n")[1].split(";")[:-1]
    named = [each.split(",") for each in lots]
    assert [(each[1], each[2], each[3]) for each in named] == [
        (str(arrived.number), "7", "clearing:370102"),
        (str(earned.number), "5", "civic"),
    ]


def test_a_late_refund_of_a_ledger_that_is_ahead_of_its_caller_is_swept_on_the_right_day(
    real: Town, redis_client: redis.Redis
) -> None:
    """The seven days end on another day than the caller's clock says."""
    real.earn("lin", 30, days=1)
    captured = real.capture(real.hold("lin").id)
    real.clock.at = real.clock.at.replace(hour=23, minute=59) + timedelta(days=3)
    real.clock.advance(minutes=2)
    real.top_up(1)
    real.clock.advance(minutes=-2)  # yesterday, for the caller
    real.refund(captured.id)
    _holds(real, redis_client)
    real.clock.advance(days=7, minutes=2)
    assert real.sweep() == 1
    assert real.ledger.account("fund:civic") == 100_001
    _holds(real, redis_client)


def test_nothing_of_days_that_are_over_stays_in_the_indexes(real: Town, redis_client: redis.Redis) -> None:
    for days in (1, 2, 3):
        real.earn("lin", 10, days=days)
    real.earn("mei", 10, opens_at=real.now + timedelta(days=1))
    real.hold("lin")
    assert redis_client.exists(f"{PREFIX}days", f"{PREFIX}holds") == 2
    for _ in range(400):
        real.clock.advance(days=1)
        real.sweep()
    real.sweep()
    left = {key.decode().removeprefix(PREFIX).partition(":")[0] for key in redis_client.scan_iter(f"{PREFIX}*")}
    assert left.isdisjoint({"due", "opens", "days", "holds"})
    assert real.ledger.account("fund:civic") == 100_000
    _holds(real, redis_client)


def test_a_lot_that_comes_back_from_a_hold_on_its_last_day_is_still_swept(
    real: Town, redis_client: redis.Redis
) -> None:
    """It expires later on a day whose other lots were swept already, and goes when that day is over."""
    real.clock.at = real.clock.at.replace(hour=0, minute=0)
    real.earn("lin", 30, expires_at=real.now + timedelta(days=1, hours=20))
    hold = real.hold("lin", minutes=48 * 60)
    real.earn("lin", 5, expires_at=real.now + timedelta(days=1, hours=1))
    real.clock.advance(days=1, hours=2)
    assert real.sweep() == 1
    real.release(hold.id)
    real.clock.advance(hours=22)
    assert real.sweep() == 1
    assert real.ledger.account("resident:lin") == 0
    _holds(real, redis_client)


def test_every_kind_of_entry_rebuilds_the_keys_it_wrote(real: Town, redis_client: redis.Redis) -> None:
    real.set_offer(limits=(t.PeriodLimit("day", 9), t.PeriodLimit("lifetime", 99)))
    real.earn("lin", 90, days=2, caps=(t.Cap("day", 100),))
    waits = real.earn("mei", 9, opens_at=real.now + timedelta(days=1))
    undone = real.earn("hao", 9, opens_at=real.now + timedelta(days=1))
    real.earn("hao", 9, opens_at=real.now + timedelta(days=9), expires_at=real.now + timedelta(days=30))
    real.reverse(undone.id)
    captured = real.capture(real.hold("lin").id, amount=20)
    real.release(real.hold("lin").id)
    real.hold("lin", minutes=60 * 24 * 6)
    real.ledger.post(t.SendAcross(real.id(), "lin", "370102", 3))
    real.ledger.post(t.ReceiveAcross(real.id(), "hao", "370102", 2, real.now + timedelta(days=3), real.id()))
    real.close("clerk:wei")
    real.clock.advance(days=2)
    assert real.sweep() == 2  # one opens, one expires
    real.refund(captured.id, 10)
    real.reverse(waits.id)
    entries = Stream(redis_client, DISTRICT).read(0, 1000)
    kept = _contents(redis_client)
    redis_client.flushall()
    Replay(redis_client, DISTRICT).run(entries)
    assert _contents(redis_client) == kept


def _contents(client: redis.Redis) -> dict[bytes, object]:
    """All keys but the stream and the head, which a rebuild leaves empty and closed, and the days that are over."""
    found: dict[bytes, object] = {}
    for key in client.keys("*"):
        match client.type(key), key.removeprefix(PREFIX.encode()).partition(b":")[0]:
            case _, b"head" | b"entries" | b"days" | b"due":
                continue
            case b"hash", _:
                found[key] = client.hgetall(key)
            case b"zset", _:
                found[key] = client.zrange(key, 0, -1, withscores=True)
            case _:
                found[key] = client.get(key)
    return found
