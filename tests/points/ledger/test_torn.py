"""A half-applied posting is impossible to miss: scripts are broken after each check and after each write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from points.clock import FixedClock
from points.errors import Refused
from points.ledger import Ledger, Stream
from points.ledger import transfer as t
from points.ledger.script import Script, bind_all
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused

CHECK = "local call = redis.call\n"
BROKEN_CHECK = """
local checked = 0
local call = function(...)
  local answer = redis.call(...)
  checked = checked + 1
  if checked == {n} then error('broken after this check') end
  return answer
end
"""
WRITE = "    local answer = redis.pcall(unpack(writes[i]))\n"
BROKEN_WRITE = (
    "    local answer = i == {n} + 1 and {{err = 'ERR this write is refused'}} or redis.pcall(unpack(writes[i]))\n"
)

Made = Callable[[Town], t.Command | None]


def _partial(town: Town) -> t.Command:
    return town.capturing(town.hold("lin", 3).id, amount=31)


def _refund(town: Town) -> t.Command:
    return t.Refund(town.id(), town.capture(town.hold("lin").id).id, "zhou", "broken")


def _late_refund(town: Town) -> t.Command:
    made = _refund(town)
    town.clock.advance(days=400)
    return t.Refund(town.id(), made.capture, made.staff, made.reason)


def _expiry(town: Town) -> None:
    town.clock.advance(days=400)


def _opening(town: Town) -> None:
    town.earn("mei", 5, opens_at=town.now + timedelta(days=1))
    town.clock.advance(days=2)


def _time_out(town: Town) -> None:
    town.hold("lin")
    town.clock.advance(hours=1)


MADE: dict[str, Made] = {
    "top_up": lambda town: t.TopUp(town.id(), "civic", 5),
    "earn": lambda town: town.earning("lin", 5, caps=(t.Cap("day", 9), t.Cap("year", 90))),
    "pending": lambda town: town.earning("lin", 5, opens_at=town.now + timedelta(days=1)),
    "hold": lambda town: town.holding("lin", 2),
    "capture": lambda town: town.capturing(town.hold("lin").id),
    "partial": _partial,
    "release": lambda town: t.Release(town.id(), town.hold("lin").id),
    "refund": _refund,
    "late_refund": _late_refund,
    "reverse": lambda town: t.Reverse(town.id(), town.earn("lin", 5).id, "twice", ("zhou", "qian")),
    "settle": lambda town: t.Settle(town.id(), "teahouse", town.capture(town.hold("lin").id).amount),
    "set_offer": lambda town: t.SetOffer(
        town.id(), "cake", 7, ("bakery",), town.now, town.now + timedelta(days=1), (t.PeriodLimit("day", 2),)
    ),
    "adjust_stock": lambda town: t.AdjustStock(town.id(), "tea", 5),
    "set_gate": lambda town: t.SetGate(town.id(), "clerk:wei", False, "left", "zhou"),
    "send": lambda town: t.SendAcross(town.id(), "lin", "370102", 5),
    "receive": lambda town: t.ReceiveAcross(town.id(), "lin", "370102", 5, town.now + timedelta(days=1), town.id()),
    "expire": _expiry,
    "open": _opening,
    "time_out": _time_out,
}


@pytest.fixture
def town(redis_ledger: Ledger, clock: FixedClock) -> Town:
    town = Town(redis_ledger, clock).opened()
    town.set_offer(limits=(t.PeriodLimit("day", 9), t.PeriodLimit("lifetime", 99)))
    town.earn("lin", 50, days=300)
    town.earn("lin", 60, days=365)
    return town


def _broken(ledger: Ledger, place: str, instead: str) -> Ledger:
    """The ledger with all its scripts broken at one place."""
    ledger._scripts = {}
    for kind, script in bind_all().items():
        assert script.text.count(place) == 1
        text = script.text.replace(place, instead)
        ledger._scripts[kind] = Script(text, ledger.wire.ask("SCRIPT", "LOAD", text).decode())
    return ledger


def _everything(client: redis.Redis) -> dict[bytes, bytes]:
    return {key: client.dump(key) for key in client.keys("*")}


def _say(town: Town, command: t.Command | None) -> str:
    """What the broken ledger says to a posting, or to a sweep."""
    try:
        return str(town.ledger.sweep() if command is None else town.ledger.post(command))
    except (redis.ResponseError, Refused) as said:
        return str(said)


@pytest.mark.parametrize("made", MADE)
def test_a_script_broken_after_any_check_leaves_every_key_as_it_was(
    town: Town, redis_client: redis.Redis, made: str
) -> None:
    command = MADE[made](town)
    before = _everything(redis_client)
    for n in range(1, 50):
        _broken(town.ledger, CHECK, BROKEN_CHECK.format(n=n))
        if "broken after this check" not in _say(town, command):
            break
        assert _everything(redis_client) == before
    assert n > 1  # this many checks were broken before the posting came through
    assert _everything(redis_client) != before


def test_a_script_whose_first_write_is_refused_leaves_every_key_as_it_was(
    town: Town, redis_client: redis.Redis
) -> None:
    command, before = town.holding("lin"), _everything(redis_client)
    _broken(town.ledger, WRITE, BROKEN_WRITE.format(n=0))
    assert "this write is refused" in _say(town, command)
    assert _everything(redis_client) == before
    town.ledger._scripts = bind_all()
    assert town.ledger.post(command).number == 7


@pytest.mark.parametrize("made", MADE)
def test_a_script_broken_after_any_write_closes_the_ledger(town: Town, redis_client: redis.Redis, made: str) -> None:
    command = MADE[made](town)
    before = _everything(redis_client)
    for n in range(1, 50):
        redis_client.flushall()
        for key, kept in before.items():
            redis_client.restore(key, 0, kept)
        _broken(town.ledger, WRITE, BROKEN_WRITE.format(n=n))
        said = _say(town, command)
        if redis_client.get(f"{{d:{DISTRICT}}}:head").split(b"\t")[3] == b"open":
            break
        assert command is None or said == "ledger_torn"
        town.ledger._scripts = bind_all()
        with refused("ledger_torn"):
            town.top_up(1)
        assert town.ledger.account("fund:civic") >= 0  # questions are still answered
    assert n > 1  # so many writes there were
    town.ledger._scripts = bind_all()
    assert verify(Stream(redis_client, DISTRICT).read(0, 1000), town.ledger).difference is None
    town.top_up(1)
