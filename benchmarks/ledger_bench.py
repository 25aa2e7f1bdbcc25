"""How fast the ledger posts, as ratios to the bare script on the same server and to what SQL does, in one run.

    .venv/bin/python -m benchmarks.ledger_bench [--rounds 5] [--seconds 2] [--clients 16] [--residents 10000]

Everyone's redemption takes from one stock, as in the baselines; everything is on disk before it is answered, and the
projector copies all the while, beside the baselines too. Rounds are interleaved and ratios taken within a round.
Prints one row of JSON for each figure: name, ratio, goal, better.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

import psycopg
from flask import Flask

from backend.cli.servers import leash, valkey
from backend.journal.following import keep_up
from backend.kit import garbage
from backend.kit.db import db
from backend.workers.schedule import WITHOUT_PAUSE
from benchmarks import ledger_loads as loads
from benchmarks.ledger_loads import BASELINES, DISTRICT, Rate, measure
from benchmarks.projector_bench import books_of
from points.errors import Refused
from points.ledger import Ledger, connect
from tests.postgres import Postgres

BATCH = 20_000
Rounds = dict[str, list[float]]


@contextmanager
def ledger_server(home: Path) -> Iterator[str]:
    """The ledger's own server with its own settings, on files of its own; its URL."""
    home.mkdir(mode=0o700, exist_ok=True)
    spec = valkey.ledger_server(home)
    spec.prepare()
    with spec.log.open("ab") as log:
        process = leash.start(spec.argv(), env={**os.environ, **valkey.ALLOCATOR}, output=log)
    try:
        while not spec.ready():
            time.sleep(0.01)
        yield spec.url
    finally:
        process.kill()
        process.wait()


@contextmanager
def copying(make: Callable[[], Flask]) -> Iterator[None]:
    """The worker's projector beside, on the application that is made there, in a process of its own."""
    ready = multiprocessing.Event()
    child = multiprocessing.Process(target=_copy, args=(make, ready), daemon=True)
    child.start()
    if not ready.wait(120):
        raise RuntimeError("the projector did not begin")
    try:
        yield
        if not child.is_alive():
            raise RuntimeError("the projector ended before its time")
    finally:
        child.terminate()
        child.join()


def _copy(make: Callable[[], Flask], ready: Event) -> None:
    with make().app_context():
        db.create_all()
        garbage.settle()
        while True:
            with suppress(Refused):
                keep_up(DISTRICT)
                ready.set()
            db.session.remove()
            time.sleep(WITHOUT_PAUSE.every_seconds)


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """A PostgreSQL with fsync and the tables of the plain way; its URL for psycopg and for SQLAlchemy."""
    server = Postgres.make(fsync=True).start()
    try:
        url = server.url()
        plain = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute((BASELINES / "schema.sql").read_bytes())
        yield plain, url
    finally:
        server.remove()


def in_rounds(works: dict[str, loads.Work], rounds: int, clients: int, seconds: float) -> dict[str, list[Rate]]:
    """Each piece of work once a round, one after the other."""
    found: dict[str, list[Rate]] = {name: [] for name in works}
    for number in range(rounds):
        for name, work in works.items():
            rate = measure(work, clients, seconds)
            found[name].append(rate)
            print(f"round {number + 1}: {name} {rate.per_second:,.0f}/s, p99 {rate.p99_ms:.1f} ms", file=sys.stderr)
    return found


def ratio(above: list[float], below: list[float]) -> float:
    """The median of the ratios within a round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def print_row(name: str, found: float, goal: float | None, better: str = "higher", **more: object) -> None:
    """A figure as `make bench` reads it."""
    print(json.dumps({"name": name, "ratio": round(found, 2), "goal": goal, "better": better, **more}), flush=True)


def report(found: dict[str, list[Rate]], batch: Rounds, size: float) -> None:
    """The rows, with the rates that are behind them."""
    rates = {name: [rate.per_second for rate in each] for name, each in found.items()}
    p99 = {name: [rate.p99_ms for rate in each] for name, each in found.items()}
    shown = {name: round(statistics.median(each)) for name, each in rates.items()}
    print_row("a redemption, to the bare script", ratio(rates["hold"], rates["bare"]), 0.7, per_second=shown)
    print_row("a grant, to the bare script", ratio(rates["grant"], rates["bare"]), 0.7)
    print_row("a redemption, to an SQL function", ratio(rates["hold"], rates["function"]), 4.0)
    print_row("a redemption, to SELECT ... FOR UPDATE", ratio(rates["hold"], rates["orm"]), 10.0)
    told = {name: round(statistics.median(each), 1) for name, each in p99.items()}
    print_row("p99 with 400 lots, to p99 with 5", ratio(p99["rich"], p99["hold"]), None, "lower", p99_ms=told)
    each = {name: round(statistics.median(rates)) for name, rates in batch.items()}
    print_row(
        "grants in batches, to the bare script pipelined", ratio(batch["ours"], batch["bare"]), 0.7, per_second=each
    )
    print_row("Redis memory of a resident with 5 lots, of 900 bytes", size / 900, 1.0, "lower", bytes=round(size))


def size_of(url: str, residents: int) -> float:
    """Bytes of Redis memory for a resident's purse and place in the lists of days, by the server's own count."""
    client, ledger = connect(url), Ledger(connect(url), DISTRICT, loads.CLOCK)
    names = [f"r{number}" for number in range(0, residents, max(1, residents // 500))]
    purses = statistics.mean(client.memory_usage(ledger.keys.purse(name)) for name in names)
    now_ms = int(loads.CLOCK.now().timestamp() * 1000)
    days = [client.memory_usage(ledger.keys.due(now_ms + day * 86_400_000)) or 0 for day in range(99, 107)]
    return purses + sum(days) / residents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--residents", type=int, default=10_000)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="civic-bench-", dir="/tmp"))
    try:
        with ExitStack() as stack:
            plain, usual = stack.enter_context(postgres())
            url = stack.enter_context(ledger_server(home))
            loads.settle_in(url, given.residents)
            size = size_of(url, given.residents)
            stack.enter_context(copying(partial(books_of, f"sqlite:///{home}/books.sqlite", url, home)))
            works: dict[str, loads.Work] = {
                "bare": partial(loads.bare, url, given.residents),
                "hold": partial(loads.holds, url, given.residents),
                "grant": partial(loads.grants, url, given.residents),
                "rich": partial(loads.rich_holds, url),
                "function": partial(loads.sql_function, plain, 100_000),
                "orm": partial(loads.orm, usual, 100_000),
            }
            found = in_rounds(works, given.rounds, given.clients, given.seconds)
            batch: Rounds = {"bare": [], "ours": []}
            garbage.settle()
            for _ in range(given.rounds):
                batch["bare"].append(loads.pipelines(url, given.residents, BATCH))
                batch["ours"].append(loads.batches(url, given.residents, BATCH))
        report(found, batch, size)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
