"""How fast the ledger posts, as ratios to the bare engine and to what SQL does, in one run on one machine.

    .venv/bin/python -m benchmarks.ledger_bench [--seconds 3] [--clients 16] [--residents 10000]

Everyone's redemption takes from one stock, as in the baselines; everything is on disk before it is answered. Prints
rows of name, ratio, goal, better, and the rates they were made of.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import redis
import uuid_utils
from sqlalchemy import create_engine

from backend.cli.servers import leash, valkey
from benchmarks.baselines import redeem_orm
from points.clock import SystemClock
from points.ids import new_id
from points.ledger import Ledger, connect
from points.ledger.transfer import AdjustStock, Command, Earn, Hold, SetOffer, TopUp
from tests.postgres import Postgres

DISTRICT = "370112"
BASELINES = Path(__file__).with_name("baselines")
PROCESSES = 2
CLOCK = SystemClock()
Work = Callable[[], Callable[[int], object]]
"""Made once in each process; then called once for each piece of work, with a number that never comes again there."""


@dataclass
class Rate:
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


def _child(make: Work, threads: int, seconds: float, start: object, results: object, number: int) -> None:
    work, took = make(), list[float]()
    numbers = itertools.count(number * 1_000_000_000)

    def client() -> None:
        while (began := time.perf_counter()) < until:
            work(next(numbers))
            took.append(time.perf_counter() - began)

    start.wait()  # type: ignore[attr-defined]
    until = time.perf_counter() + seconds
    crowd = [threading.Thread(target=client) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    results.put(took)  # type: ignore[attr-defined]


# What is measured


def holds(url: str, residents: int) -> Callable[[int], object]:
    ledger = Ledger(connect(url), DISTRICT, CLOCK)
    life = timedelta(minutes=15)
    return lambda i: ledger.post(Hold(new_id(now := CLOCK.now()), f"r{i % residents}", "tea", 1, now + life))


def grants(url: str, residents: int) -> Callable[[int], object]:
    ledger = Ledger(connect(url), DISTRICT, CLOCK)
    until = CLOCK.now() + timedelta(days=300)
    return lambda i: ledger.post(Earn(new_id(now := CLOCK.now()), f"r{i % residents}", "civic", 1, now, until))


def rich_holds(url: str) -> Callable[[int], object]:
    return holds(url, 1)


def bare(url: str, residents: int) -> Callable[[int], object]:
    client = connect(url)
    sha = client.script_load((BASELINES / "redeem.lua").read_text())
    return lambda i: client.evalsha(
        sha, 5, f"{{b}}i:{uuid_utils.uuid7()}", f"{{b}}r:{i % residents}", "{b}m", "{b}s", "{b}e", 1
    )


def sql_function(url: str, residents: int) -> Callable[[int], object]:
    local = threading.local()

    def work(i: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(url, autocommit=True)
        asked = (str(uuid_utils.uuid7()), i % residents + 1, 1_000_000, 1, 0)
        local.connection.execute("select redeem(%s, %s, %s, %s, %s)", asked)

    return work


def orm(url: str, residents: int) -> Callable[[int], object]:
    engine = create_engine(url, pool_size=16)
    return lambda i: redeem_orm.redeem(engine, str(uuid_utils.uuid7()), i % residents + 1, 1_000_000)


# The town it is measured in


@contextmanager
def server() -> Iterator[str]:
    """The ledger's own server with its own settings, on files of its own."""
    directory = Path(tempfile.mkdtemp(prefix="civic-bench-", dir="/tmp"))
    spec = valkey.ledger_server(directory)
    spec.prepare()
    with spec.log.open("ab") as log:
        process = leash.start(spec.argv(), env={**os.environ, **valkey.ALLOCATOR}, output=log)
    while not spec.ready():
        time.sleep(0.01)
    yield spec.url
    process.kill()
    process.wait()
    shutil.rmtree(directory, ignore_errors=True)


def town(url: str, residents: int) -> tuple[float, float]:
    """Five lots for each resident; answers grants a second in batches, and bytes of Redis memory for each resident."""
    client, now = connect(url), CLOCK.now()
    ledger = Ledger(client, DISTRICT, CLOCK)
    ledger.post(TopUp(new_id(now), "civic", 10**11))
    ledger.post(SetOffer(new_id(now), "tea", 1, ("shop",), now - timedelta(days=1), now + timedelta(days=9)))
    ledger.post(AdjustStock(new_id(now), "tea", 10**9))
    made: Iterator[Command] = (
        Earn(new_id(now), f"r{i % residents}", "civic", 10_000, now, now + timedelta(days=100 + i // residents))
        for i in range(5 * residents)
    )
    began = time.perf_counter()
    ledger.post_many(made)
    rate = 5 * residents / (time.perf_counter() - began)
    sample = [f"r{i}" for i in range(0, residents, max(1, residents // 200))]
    size = statistics.mean(client.memory_usage(ledger.keys.purse(name)) for name in sample)
    days = [
        client.memory_usage(ledger.keys.due(int((now.timestamp() + d * 86400) * 1000))) or 0 for d in range(100, 105)
    ]
    for lots in range(400):
        ledger.post(Earn(new_id(now), "r0", "civic", 100, now, now + timedelta(days=200 + lots)))
    return rate, size + sum(days) / residents


def bare_batch(url: str, residents: int, postings: int) -> float:
    client = connect(url)
    client.set("{b}s", 10**9)
    for i in range(residents):
        client.set(f"{{b}}r:{i}", 10**6)
    sha = client.script_load((BASELINES / "redeem.lua").read_text())
    began = time.perf_counter()
    for first in range(0, postings, 100):
        pipe: redis.client.Pipeline = client.pipeline(transaction=False)
        for i in range(first, first + 100):
            pipe.evalsha(sha, 5, f"{{b}}i:{uuid_utils.uuid7()}", f"{{b}}r:{i % residents}", "{b}m", "{b}s", "{b}e", 1)
        pipe.execute()
    return postings / (time.perf_counter() - began)


def row(name: str, ratio: float, goal: float, better: str = "higher") -> dict[str, object]:
    return {"name": name, "ratio": round(ratio, 3), "goal": goal, "better": better}


def on_redis(clients: int, seconds: float, residents: int) -> tuple[list[dict[str, object]], Rate]:
    with server() as url:
        batch, size = town(url, residents)
        bare_rate = bare_batch(url, residents, 10_000)
        first = measure(partial(bare, url, residents), clients, seconds)
        hold = measure(partial(holds, url, residents), clients, seconds)
        second = measure(partial(bare, url, residents), clients, seconds)
        grant = measure(partial(grants, url, residents), clients, seconds)
        rich = measure(partial(rich_holds, url), clients, seconds)
    limit = (first.per_second + second.per_second) / 2
    print(f"bare Lua {limit:.0f}/s; hold {hold}; grant {grant}; hold of one with 405 lots {rich}")
    return [
        row("hold / bare Lua", hold.per_second / limit, 0.7),
        row("grant / bare Lua", grant.per_second / limit, 0.7),
        row("batch / bare Lua pipelined", batch / bare_rate, 0.7),
        row("p99 with 405 lots / with 5", rich.p99_ms / hold.p99_ms, 2.0, "lower"),
        row("bytes of purse and due lists for a resident with 5 lots / 900", size / 900, 1.0, "lower"),
    ], hold


def on_sql(clients: int, seconds: float, hold: Rate) -> list[dict[str, object]]:
    server = Postgres.make(fsync=True).start()
    try:
        url = server.url()
        plain = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute((BASELINES / "schema.sql").read_text())
        function = measure(partial(sql_function, plain, 100_000), clients, seconds)
        usual = measure(partial(orm, url, 100_000), clients, seconds)
    finally:
        server.remove()
    print(f"SQL function {function}; SQLAlchemy {usual}")
    return [
        row("hold / SQL function", hold.per_second / function.per_second, 4.0),
        row("hold / SQLAlchemy", hold.per_second / usual.per_second, 10.0),
    ]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seconds", type=float, default=3)
    ask.add_argument("--clients", type=int, default=16)
    ask.add_argument("--residents", type=int, default=10_000)
    ask.add_argument("--out", type=Path, help="write the rows here, as JSON")
    said = ask.parse_args()
    rows, hold = on_redis(said.clients, said.seconds, said.residents)
    rows += on_sql(said.clients, said.seconds, hold)
    for each in rows:
        print(f"{each['name']:<64} {each['ratio']:>8} (goal {each['goal']}, {each['better']} is better)")
    if said.out:
        said.out.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
