"""What level `journal` costs: redemptions that are answered when SQL has them too, as a ratio to level `disk`.

    .venv/bin/python -m benchmarks.level_bench [--rounds 3] [--seconds 2] [--residents 2000]

The journal is PostgreSQL with fsync, the worker's projector of the same level runs beside, rounds are interleaved, and
each begins when the journal has all that was posted before. Who waits in one process shares its commits, so more
clients cost few more of them. Prints one row of JSON for each figure.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import Flask

from backend.app import create_app
from backend.journal.projector import head_number, project_all
from backend.kit.db import db
from backend.settings import load
from backend.wiring import ledger
from benchmarks import ledger_loads as loads
from benchmarks.ledger_bench import copying, ledger_server, print_row, ratio
from benchmarks.ledger_loads import CLOCK, DISTRICT, Rate, measure
from points.ids import new_id
from points.ledger.transfer import Hold
from tests.postgres import Postgres

LEVELS = ("disk", "journal")
CLIENTS = (16, 64)
GOAL = 0.5
LIFE = timedelta(minutes=15)
Measured = dict[tuple[str, int], list[Rate]]


def service(level: str, ledger_url: str, books_url: str, home: Path) -> Flask:
    """The application at a level; a long wait, so that a slow machine shows as slow and not as refusals."""
    redis = {"url": ledger_url, "level": level, "wait_seconds": 30.0}
    secrets = dict.fromkeys(("signing_key", "field_key", "index_key", "root_key"), "x" * 40)
    servers = {"redis": redis, "cache": {"url": ledger_url}, "database": {"url": books_url}}
    return create_app(load({}, {**servers, "secrets": secrets, "service": {"data_dir": str(home)}}))


def redemptions(make: Callable[[], Flask], residents: int) -> Callable[[int], object]:
    """Redemptions by everybody in turn, each thread in an app context of its own, as web threads are."""
    app, local = make(), threading.local()

    def work(i: int) -> None:
        if not hasattr(local, "context"):
            local.context = app.app_context()
            local.context.push()
        ledger(DISTRICT).post(Hold(new_id(now := CLOCK.now()), f"r{i % residents}", "tea", 1, now + LIFE))

    return work


def in_rounds(
    works: dict[str, loads.Work], makes: Mapping[str, Callable[[], Flask]], rounds: int, seconds: float
) -> Measured:
    """Each level with each number of clients once a round, its projector beside; `makes` makes the applications."""
    found: Measured = {(level, clients): [] for clients in CLIENTS for level in LEVELS}
    watch = makes[LEVELS[0]]()
    for number in range(rounds):
        for level, clients in found:
            with copying(makes[level]):
                until_level(watch)
                rate = measure(works[level], clients, seconds)
            found[level, clients].append(rate)
            said = f"{rate.per_second:,.0f}/s, p50 {rate.p50_ms:.1f} ms, p99 {rate.p99_ms:.1f} ms"
            print(f"round {number + 1}: {level}, {clients} clients: {said}", file=sys.stderr)
    return found


def until_level(app: Flask) -> None:
    """Back when the journal has all that was posted, so that no round works off what another left."""
    with app.app_context():
        posted = ledger(DISTRICT).head().number
        while head_number(DISTRICT) < posted:
            db.session.rollback()
            time.sleep(0.05)
        db.session.remove()
        db.engine.dispose()  # what is forked now shares no connection


def report(found: Measured) -> None:
    """The rows, with the rates that are behind them."""
    for clients, goal in zip(CLIENTS, (None, GOAL), strict=True):
        rates = {level: [rate.per_second for rate in found[level, clients]] for level in LEVELS}
        shown = {level: round(statistics.median(each)) for level, each in rates.items()}
        name = f"redemptions at level journal, to level disk, {clients} clients"
        print_row(name, ratio(rates["journal"], rates["disk"]), goal, per_second=shown)
    waits = {level: [rate.p50_ms for rate in found[level, CLIENTS[0]]] for level in LEVELS}
    added = statistics.median(after - before for before, after in zip(waits["disk"], waits["journal"], strict=True))
    name = f"p50 at level journal, to level disk, {CLIENTS[0]} clients"
    print_row(name, ratio(waits["journal"], waits["disk"]), None, "lower", added_ms=round(added, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--residents", type=int, default=2000)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="civic-bench-", dir="/tmp"))
    try:
        with ExitStack() as stack:
            server = Postgres.make(fsync=True).start()
            stack.callback(server.remove)
            url, books = stack.enter_context(ledger_server(home)), server.fresh()
            loads.settle_in(url, given.residents)
            with service("disk", url, books, home).app_context():
                db.create_all()
                project_all(DISTRICT)
                db.session.remove()
                db.engine.dispose()
            makes = {level: partial(service, level, url, books, home) for level in LEVELS}
            works: dict[str, loads.Work] = {
                level: partial(redemptions, makes[level], given.residents) for level in LEVELS
            }
            report(in_rounds(works, makes, given.rounds, given.seconds))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
