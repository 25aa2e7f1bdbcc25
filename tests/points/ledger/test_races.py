"""Many at once: exactly one gets the last cup, nobody goes below zero, and the books balance."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
import redis

from points.errors import Refused
from points.ledger import Ledger, Receipt, Stream
from points.ledger import transfer as t
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town

ROUNDS = int(os.environ.get("ROUNDS", "100"))


@pytest.fixture
def town(redis_ledger: Ledger, clock: object) -> Town:
    return Town(redis_ledger, clock).opened()


def at_once(ledger: Ledger, commands: Sequence[t.Command]) -> Counter[str]:
    """Post all commands from as many threads in the same instant; answers how often each answer was given."""
    start = Barrier(len(commands))

    def post(command: t.Command) -> str:
        start.wait()
        try:
            receipt = ledger.post(command)
        except Refused as refused:
            return refused.code
        return "again" if receipt.replayed else receipt.kind

    with ThreadPoolExecutor(len(commands)) as threads:
        return Counter(threads.map(post, commands))


def _stock_of_one(town: Town, rounds: int, buyers: int = 64) -> None:
    for resident in range(buyers):
        town.earn(f"r{resident}", 40)
    town.adjust_stock(-10)
    for _ in range(rounds):
        town.adjust_stock(1)
        answers = at_once(town.ledger, [town.holding(f"r{resident}") for resident in range(buyers)])
        assert answers == {"hold": 1, "out_of_stock": buyers - 1}
        (hold,) = town.ledger.wire.ask("ZRANGE", town.ledger.keys.holds, 0, -1)
        town.release(hold.decode())
        town.adjust_stock(-1)


def _balance_for_one(town: Town, rounds: int) -> None:
    town.adjust_stock(64)
    for round_ in range(rounds):
        resident = f"poor{round_}"
        town.earn(resident, 59)
        answers = at_once(town.ledger, [town.holding(resident) for _ in range(64)])
        assert answers == {"hold": 1, "insufficient_points": 63}
        assert town.available(resident) == 29
        town.adjust_stock(1)


def _one_code_many_scans(town: Town, rounds: int) -> None:
    town.adjust_stock(rounds)
    town.set_offer(merchants=("teahouse", "bakery"))
    for round_ in range(rounds):
        resident = f"guest{round_}"
        town.earn(resident, 30)
        hold = town.hold(resident).id
        scans = [town.capturing(hold, ("teahouse", "bakery")[i % 2]) for i in range(20)]
        assert at_once(town.ledger, scans) == {"capture": 1, "hold_captured": 19}
    assert town.ledger.account("merchant:teahouse") + town.ledger.account("merchant:bakery") == 30 * rounds


def _limit_of_two(town: Town, rounds: int) -> None:
    town.adjust_stock(200)
    town.set_offer(limits=(t.PeriodLimit("lifetime", 2),))
    for round_ in range(rounds):
        town.earn(f"keen{round_}", 1000)
        answers = at_once(town.ledger, [town.holding(f"keen{round_}") for _ in range(20)])
        assert answers == {"hold": 2, "limit_reached": 18}


def _cap_of_fifty(town: Town, rounds: int) -> None:
    for round_ in range(rounds):
        cap = (t.Cap(f"acts.daily:busy{round_}", 50),)
        at_once(town.ledger, [town.earning(f"busy{round_}", 20, caps=cap) for _ in range(20)])
        assert town.available(f"busy{round_}") == 50


def _one_id(town: Town, rounds: int) -> None:
    for round_ in range(rounds):
        earning = town.earning(f"twin{round_}", 10)
        assert at_once(town.ledger, [earning] * 20) == {"earn": 1, "again": 19}
        assert town.available(f"twin{round_}") == 10


RACES: dict[str, Callable[[Town, int], None]] = {
    "64 buyers, stock 1": _stock_of_one,
    "200 buyers, stock 1": partial(_stock_of_one, buyers=200),
    "64 holds, balance for 1": _balance_for_one,
    "one code, 20 scans at two shops": _one_code_many_scans,
    "a limit of 2, 20 holds": _limit_of_two,
    "a cap of 50, 20 grants of 20": _cap_of_fifty,
    "one id, 20 postings": _one_id,
}


def _race(town: Town, client: redis.Redis, race: str, rounds: int) -> None:
    town.top_up(10**9)
    RACES[race](town, rounds)
    assert verify(Stream(client, DISTRICT).read(0, 100_000), town.ledger).difference is None


@pytest.mark.parametrize("race", RACES)
def test_exactly_as_many_as_there_are_get_it(town: Town, redis_client: redis.Redis, race: str) -> None:
    _race(town, redis_client, race, _rounds(race))


def _rounds(race: str) -> int:
    return 100 if any(many in race for many in ("20 scans", "64 ", "200 ")) else 10


@pytest.mark.torture
@pytest.mark.timeout(0)
@pytest.mark.parametrize("race", RACES)
def test_exactly_as_many_as_there_are_get_it_every_time(town: Town, redis_client: redis.Redis, race: str) -> None:
    _race(town, redis_client, race, _rounds(race) * ROUNDS)


def test_random_postings_from_20_threads_with_every_reversal_sent_twice(town: Town, redis_client: redis.Redis) -> None:
    town.adjust_stock(10_000)

    def worker(seed: int) -> Counter[str]:
        drawn, told = random.Random(seed), Counter[str]()
        resident = f"r{seed % 7}"
        for _ in range(12):
            grant = town.earn(resident, drawn.randint(30, 90))
            told["earn"] += 1
            hold = _try(told, lambda: town.hold(resident))
            if hold is not None and drawn.random() < 0.5:
                _try(told, lambda hold=hold: town.capture(hold.id))
            reversal = t.Reverse(town.id(), grant.id, "random", ("zhou", "qian"))
            if drawn.random() < 0.5:
                told += at_once(town.ledger, [reversal, reversal])
                _try(told, lambda grant=grant: town.reverse(grant.id))
        return told

    with ThreadPoolExecutor(20) as threads:
        told = sum(threads.map(worker, range(20)), Counter[str]())
    assert told["earn"] == 240
    assert told["reverse"] == told["again"] == told["already_reversed"] > 60
    assert told["hold"] > 50
    assert told["capture"] > 20
    assert told.keys() <= {"earn", "hold", "capture", "reverse", "again", "already_reversed", "insufficient_points"}
    entries = Stream(redis_client, DISTRICT).read(0, 100_000)
    kinds = Counter(entry.kind for entry in entries)
    assert all(kinds[kind] == told[kind] for kind in ("earn", "hold", "capture", "reverse"))
    assert verify(entries, town.ledger).difference is None


def _try(told: Counter[str], ask: Callable[[], Receipt]) -> Receipt | None:
    try:
        receipt = ask()
    except Refused as refused:
        told[refused.code] += 1
        return None
    told[receipt.kind] += 1
    return receipt
