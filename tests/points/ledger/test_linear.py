"""Concurrent histories of real calls are linearizable; ledgers that answer stale, early or twice are found out."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Balance, Ledger, Receipt, connect
from points.ledger import transfer as t
from tests.points.ledger.linear import UNKNOWN, Call, order_of, overlaps, told
from tests.points.ledger.small_town import CEILING, FUND, PRICE, RESIDENTS, STOCK, SmallTown, step
from tests.points.ledger.test_lost_answers import Lossy
from tests.servers import Valkey

ROUNDS = int(os.environ.get("ROUNDS", "100"))
HISTORIES, CALLERS, CALLS = 50, 6, 9
FOUND_WITHIN = 10
"""Histories after which a broken ledger must have been found out."""
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
Make = Callable[[redis.Redis, str], Ledger]


@pytest.fixture
def lossy(private_valkey: Callable[..., Valkey], servers_directory: Path) -> Iterator[Lossy]:
    """The way to a server that keeps nothing on disk: here answers are compared, not their durability."""
    path = servers_directory / "linear.sock"
    path.unlink(missing_ok=True)
    proxy = Lossy(path, private_valkey("--appendonly", "no").socket)
    yield proxy
    proxy.close()


def _sound(client: redis.Redis, district: str) -> Ledger:
    return Ledger(client, district, FixedClock(NOON), skew_limit_seconds=None)


class History:
    """Callers who all call at once what the seed says, and note when they asked, when they were answered, and what."""

    def __init__(self, lossy: Lossy, make: Make, seed: int) -> None:
        self.seed, self._lossy = seed, lossy
        self._client = connect(lossy.path)
        self.ledger = make(self._client, f"h{seed}")
        self.calls: list[Call] = []
        self._holds: list[str] = []
        self._start = threading.Barrier(CALLERS)

    def play(self) -> list[Call]:
        sound = _sound(self._client, self.ledger.district)
        day = timedelta(days=1)
        for command in (
            t.TopUp(new_id(NOON), "civic", FUND),
            t.SetOffer(new_id(NOON), "tea", PRICE, ("teahouse",), NOON - day, NOON + day),
            t.AdjustStock(new_id(NOON), "tea", STOCK),
        ):
            sound.post(command)
        with ThreadPoolExecutor(CALLERS) as threads:
            list(threads.map(self._live, range(CALLERS)))
        self._client.close()
        return self.calls

    def _live(self, caller: int) -> None:
        drawn = random.Random(f"{self.seed} {caller}")
        self._start.wait()
        for _ in range(CALLS):
            if drawn.random() < 0.02:
                self._lossy.lose_next.set()
            asked = self._ask(drawn)
            answered = self._call(caller, asked)
            if drawn.random() < (0.1 if answered else 0.7):
                self._call(caller, asked)  # the same again, under the same id

    def _ask(self, drawn: random.Random) -> tuple[object, ...]:
        resident, chance = drawn.randrange(len(RESIDENTS)), drawn.random()
        if chance < 0.25:
            return ("earn", new_id(NOON), resident, drawn.randint(1, 12))
        if chance < 0.55:
            hold = new_id(NOON)
            self._holds.append(hold)
            return ("hold", hold, resident, drawn.randint(1, 3))
        if chance < 0.8 and self._holds:
            return (drawn.choice(("capture", "release")), new_id(NOON), drawn.choice(self._holds[-5:]))
        return drawn.choice([("points", resident), ("points", resident), ("stock",), ("shop",)])

    def _call(self, caller: int, asked: tuple[object, ...]) -> bool:
        began = time.monotonic_ns()
        try:
            answer: object = _VERBS[str(asked[0])](self.ledger, *asked[1:])
        except Refused as refused:
            answer = _refusal(refused)
        except redis.ResponseError as fault:  # no order of sound calls answers so
            answer = ("fault", str(fault))
        ended = time.monotonic_ns()
        self.calls.append(Call(asked, answer, began, ended if answer != UNKNOWN else 1 << 62, caller))
        return answer != UNKNOWN


def _refusal(refused: Refused) -> object:
    if refused.code == "ledger_unreachable":
        return UNKNOWN
    seen = [refused.details[name] for name in ("stock", "available") if name in refused.details]
    return (refused.code, *seen)


def _posted(receipt: Receipt) -> object:
    return ("again" if receipt.replayed else "posted", receipt.amount, tuple(leg.balance for leg in receipt.legs))


def _earn(ledger: Ledger, name: str, resident: int, amount: int) -> object:
    cap = (t.Cap("all", CEILING),)
    until = NOON + timedelta(days=9)
    return _posted(ledger.post(t.Earn(name, RESIDENTS[resident], "civic", amount, NOON, until, None, cap)))


def _hold(ledger: Ledger, name: str, resident: int, units: int) -> object:
    return _posted(ledger.post(t.Hold(name, RESIDENTS[resident], "tea", units, NOON + timedelta(minutes=15))))


def _stock(ledger: Ledger) -> object:
    offer = ledger.offer("tea")
    return (offer.stock if offer else None,)


_VERBS: dict[str, Callable[..., object]] = {
    "earn": _earn,
    "hold": _hold,
    "capture": lambda ledger, name, hold: _posted(ledger.post(t.Capture(name, hold, "teahouse", "wei"))),
    "release": lambda ledger, name, hold: _posted(ledger.post(t.Release(name, hold))),
    "points": lambda ledger, resident: (ledger.balance(RESIDENTS[resident]).available,),
    "stock": _stock,
    "shop": lambda ledger: (ledger.account("merchant:teahouse"),),
}


def _check(lossy: Lossy, histories: int) -> None:
    """More than so many are played where something came about too seldom, as callers meet each other by luck."""
    seen: Counter[str] = Counter()
    wanted, seed = dict.fromkeys(MUST_HAPPEN, histories // 10), -1
    while (seed := seed + 1) < histories or (seed < 3 * histories and not seen >= Counter(wanted)):
        calls = History(lossy, _sound, seed).play()
        assert order_of(calls, SmallTown(), step) is not None, f"seed {seed} is not linearizable\n{told(calls)}"
        seen.update(_outcome(call) for call in calls)
        seen["overlaps"] += overlaps(calls)
    print(f"{seed} histories, {dict(seen)}")
    for outcome, least in wanted.items():
        assert seen[outcome] >= least, f"{outcome}: {seen[outcome]}"
    assert seen["overlaps"] > 50 * seed


def _outcome(call: Call) -> str:
    if not call.known:
        return "unknown"
    looked = call.asked[0] in ("points", "stock", "shop")
    return "looked" if looked else f"{call.asked[0]} {call.answer[0]}"


MUST_HAPPEN = (
    "earn posted",
    "hold posted",
    "hold out_of_stock",
    "hold insufficient_points",
    "capture posted",
    "capture hold_captured",
    "release posted",
    "earn again",
    "hold again",
    "looked",
    "unknown",
)


def test_concurrent_histories_are_linearizable(lossy: Lossy) -> None:
    _check(lossy, HISTORIES)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_concurrent_histories_are_linearizable(lossy: Lossy) -> None:
    _check(lossy, 100 * ROUNDS)


class ReadsStale(Ledger):
    """Remembers a balance for a while."""

    def balance(self, resident: str) -> Balance:
        kept: dict[str, tuple[Balance, int]] = self.__dict__.setdefault("kept", {})
        found, left = kept.get(resident, (None, 0))
        if found is None or left == 0:
            found, left = super().balance(resident), 4
        kept[resident] = (found, left - 1)
        return found


class LosesUpdates(Ledger):
    """Now and then a purse is written back as it was read before the posting."""

    def post(self, command: t.Command) -> Receipt:
        if not isinstance(command, t.Earn) or int(command.id[-1], 16) % 4:
            return super().post(command)
        before = self.wire.ask("GET", self.keys.purse(command.resident))
        receipt = super().post(command)
        if isinstance(before, bytes):
            self.wire.ask("SET", self.keys.purse(command.resident), before.decode())
        return receipt


class AnswersEarly(Ledger):
    """Answers what a posting would do, and does it a little later."""

    def post(self, command: t.Command) -> Receipt:
        receipt = self.preview(command)
        threading.Timer(0.002, self._later, (command,)).start()
        return receipt

    def _later(self, command: t.Command) -> None:
        with suppress(Refused, redis.RedisError):  # nobody is told
            super().post(command)


class ForgetsIds(Ledger):
    """Takes a repeated request for another one."""

    def post(self, command: t.Command) -> Receipt:
        asked: set[str] = self.__dict__.setdefault("asked", set())
        if command.id in asked and isinstance(command, t.Earn | t.Hold):
            self.wire.ask("DEL", self.keys.record(command.id))
        asked.add(command.id)
        return super().post(command)


@pytest.mark.parametrize("broken", [ReadsStale, LosesUpdates, AnswersEarly, ForgetsIds])
def test_a_broken_ledger_is_found_out(lossy: Lossy, broken: Any) -> None:
    for seed in range(FOUND_WITHIN):
        calls = History(lossy, lambda c, d: broken(c, d, FixedClock(NOON), skew_limit_seconds=None), seed).play()
        if order_of(calls, SmallTown(), step) is None:
            print(f"{broken.__name__} found in history {seed}")
            return
    raise AssertionError(f"not found in {FOUND_WITHIN} histories")


def _register(value: int, asked: tuple[object, ...]) -> tuple[int, object]:
    return (int(str(asked[1])), "written") if asked[0] == "write" else (value, value)


def test_the_checker_tells_an_order_where_there_is_one() -> None:
    """A read beside a write may see either value; two reads after it may not go back."""
    write = Call(("write", 1), "written", 0, 10)
    early, late = Call(("read",), 1, 1, 3), Call(("read",), 0, 2, 4)
    assert order_of([write, early], 0, _register) == [write, early]
    assert order_of([write, late], 0, _register) == [late, write]
    assert order_of([write, early, late], 0, _register) == [late, write, early]  # the two reads are concurrent
    assert order_of([write, early, Call(("read",), 0, 5, 6)], 0, _register) is None


def test_a_call_whose_answer_was_lost_may_have_happened_or_not() -> None:
    lost = Call(("write", 1), UNKNOWN, 0, 1 << 62)
    assert order_of([lost, Call(("read",), 1, 5, 6)], 0, _register) is not None
    assert order_of([lost, Call(("read",), 0, 5, 6)], 0, _register) is not None
    assert order_of([lost, Call(("read",), 0, 5, 6), Call(("read",), 1, 7, 8)], 0, _register) is not None
    assert order_of([lost, Call(("read",), 1, 5, 6), Call(("read",), 0, 7, 8)], 0, _register) is None
