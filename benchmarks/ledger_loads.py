"""What the benchmark of the ledger drives: work of the ledger, of the bare script and of SQL, and how it is timed."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg
import redis
import uuid_utils
from sqlalchemy import create_engine

from backend.kit import garbage
from benchmarks.baselines import redeem_orm
from points.clock import SystemClock
from points.ids import new_id
from points.ledger import Ledger, connect
from points.ledger.transfer import AdjustStock, Command, Earn, Hold, SetOffer, TopUp

DISTRICT = "370112"
BASELINES = Path(__file__).with_name("baselines")
PROCESSES = 2
RICH = "rich"
"""The resident with 400 lots."""
CLOCK = SystemClock()
Work = Callable[[], Callable[[int], object]]
"""Made once in each process; then called once for each piece of work, with a number that never comes again there."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a piece of work was done, and how long one took."""

    per_second: float
    p50_ms: float
    p99_ms: float


def measure(make: Work, clients: int, seconds: float) -> Rate:
    """How often the work is done by so many clients on threads of a few processes."""
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    start = multiprocessing.Barrier(PROCESSES)
    args = (make, clients // PROCESSES, seconds, start, results)
    children = [multiprocessing.Process(target=_child, args=(*args, number)) for number in range(PROCESSES)]
    for child in children:
        child.start()
    took = sorted(itertools.chain.from_iterable(results.get() for _ in children))
    for child in children:
        child.join()
    return Rate(len(took) / seconds, took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000)


def _child(
    make: Work, threads: int, seconds: float, start: Barrier, results: multiprocessing.Queue[list[float]], number: int
) -> None:
    work, took = make(), list[float]()
    garbage.settle()  # as the service's own processes do
    numbers = itertools.count(number * 1_000_000_000)

    def client() -> None:
        while (began := time.perf_counter()) < until:
            work(next(numbers))
            took.append(time.perf_counter() - began)

    start.wait()
    until = time.perf_counter() + seconds
    crowd = [threading.Thread(target=client) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    results.put(took)


# One piece of work after the other


def holds(url: str, residents: int) -> Callable[[int], object]:
    """Redemptions by everybody in turn, of one reward."""
    ledger, life = Ledger(connect(url), DISTRICT, CLOCK), timedelta(minutes=15)
    return lambda i: ledger.post(Hold(new_id(now := CLOCK.now()), f"r{i % residents}", "tea", 1, now + life))


def rich_holds(url: str) -> Callable[[int], object]:
    """Redemptions by the one who has 400 lots."""
    ledger, life = Ledger(connect(url), DISTRICT, CLOCK), timedelta(minutes=15)
    return lambda i: ledger.post(Hold(new_id(now := CLOCK.now()), RICH, "tea", 1, now + life))


def grants(url: str, residents: int) -> Callable[[int], object]:
    """Grants to everybody in turn, from one fund."""
    ledger, until = Ledger(connect(url), DISTRICT, CLOCK), CLOCK.now() + timedelta(days=300)
    return lambda i: ledger.post(Earn(new_id(now := CLOCK.now()), f"r{i % residents}", "civic", 1, now, until))


def bare(url: str, residents: int) -> Callable[[int], object]:
    """The fifteen lines of Lua, asked for by the usual client."""
    client = connect(url)
    sha = client.script_load((BASELINES / "redeem.lua").read_text())
    return lambda i: client.evalsha(sha, 5, *_bare_keys(i % residents), 1)


def sql_function(url: str, residents: int) -> Callable[[int], object]:
    """One call of a function on PostgreSQL."""
    local = threading.local()

    def work(i: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(url, autocommit=True)
        asked = (str(uuid_utils.uuid7()), i % residents + 1, 1_000_000, 1, 0)
        local.connection.execute("select redeem(%s, %s, %s, %s, %s)", asked)

    return work


def orm(url: str, residents: int) -> Callable[[int], object]:
    """The usual way: rows locked by SQLAlchemy."""
    engine = create_engine(url, pool_size=16)
    return lambda i: redeem_orm.redeem(engine, str(uuid_utils.uuid7()), i % residents + 1, 1_000_000)


# Many at a time, from one client


def batches(url: str, residents: int, postings: int) -> float:
    """Grants a second in batches, the outbox's way."""
    ledger, until = Ledger(connect(url), DISTRICT, CLOCK), CLOCK.now() + timedelta(days=300)
    began = time.perf_counter()
    now = CLOCK.now()
    ledger.post_many(Earn(new_id(now), f"r{i % residents}", "civic", 1, now, until) for i in range(postings))
    return postings / (time.perf_counter() - began)


def pipelines(url: str, residents: int, postings: int) -> float:
    """Calls of the bare script a second, a hundred in a pipeline."""
    client = connect(url)
    sha = client.script_load((BASELINES / "redeem.lua").read_text())
    began = time.perf_counter()
    for first in range(0, postings, 100):
        pipe: redis.client.Pipeline = client.pipeline(transaction=False)
        for i in range(first, first + 100):
            pipe.evalsha(sha, 5, *_bare_keys(i % residents), 1)
        pipe.execute()
    return postings / (time.perf_counter() - began)


def _bare_keys(resident: int) -> tuple[str, ...]:
    return f"{{b}}i:{uuid_utils.uuid7()}", f"{{b}}r:{resident}", "{b}m", "{b}s", "{b}e"


# The town


def settle_in(url: str, residents: int) -> None:
    """Five lots for each resident and 400 for one; what the bare script needs stands beside."""
    client, now = connect(url), CLOCK.now()
    ledger = Ledger(client, DISTRICT, CLOCK)
    ledger.post(TopUp(new_id(now), "civic", 10**11))
    ledger.post(SetOffer(new_id(now), "tea", 1, ("shop",), now - timedelta(days=1), now + timedelta(days=9)))
    ledger.post(AdjustStock(new_id(now), "tea", 10**9))

    def lots(resident: str, first: int, count: int) -> Iterator[Command]:
        for day in range(first, first + count):
            yield Earn(new_id(now), resident, "civic", 10_000, now, now + timedelta(days=day))

    made = itertools.chain.from_iterable(lots(f"r{number}", 100, 5) for number in range(residents))
    ledger.post_many(itertools.chain(made, lots(RICH, 100, 400)))
    client.set("{b}s", 10**9)
    client.mset({f"{{b}}r:{number}": 10**6 for number in range(residents + 1)})
