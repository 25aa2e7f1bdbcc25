"""How fast the journal copies entries, as a ratio to how fast single calls post them with everything on disk.

    .venv/bin/python -m benchmarks.projector_bench [--entries 20000] [--clients 16]

Then how fast `verify` and `rebuild` go. Prints rows for each database: name, ratio, goal, better.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from backend.app import create_app
from backend.cli.servers import leash, valkey
from backend.journal.check import compare
from backend.journal.projector import project_all
from backend.journal.rebuilding import rebuild
from backend.kit import garbage
from backend.kit.db import db
from backend.settings import load
from backend.wiring import ledger, parts
from points.clock import SystemClock
from points.ids import new_id
from points.ledger import Ledger, connect
from points.ledger.transfer import AdjustStock, Earn, Hold, SetOffer, TopUp
from tests.postgres import Postgres

DISTRICT = "370112"
GOAL = 3.0
ONE_MINUTE = {"goal": 1.0, "better": "lower"}
PROCESSES = 4


def posting_rate(url: str, posts: int, clients: int) -> float:
    """Redemptions a second by `clients` threads in a few processes, each waiting for its answer."""
    children = []
    began = time.perf_counter()
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            _post(url, number, posts // PROCESSES, clients // PROCESSES)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return posts / (time.perf_counter() - began)


def _post(url: str, number: int, posts: int, threads: int) -> None:
    ledger = Ledger(connect(url), DISTRICT, SystemClock())

    def work(who: int) -> None:
        for turn in range(posts // threads):
            at = datetime.now(UTC)
            resident = f"r{number}-{who}-{turn % 50}"
            ledger.post(Hold(new_id(at), resident, "cup", 1, at + timedelta(minutes=30)))

    started = [threading.Thread(target=work, args=(who,)) for who in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def prepare(url: str, clients: int) -> None:
    """A fund, an offer, and residents with points."""
    ledger, at = Ledger(connect(url), DISTRICT, SystemClock()), datetime.now(UTC)
    ledger.post(TopUp(new_id(at), "civic", 10**9))
    ledger.post(SetOffer(new_id(at), "cup", 1, ("shop",), at - timedelta(days=1), at + timedelta(days=1)))
    ledger.post(AdjustStock(new_id(at), "cup", 10**6))
    people = [f"r{p}-{c}-{n}" for p in range(PROCESSES) for c in range(clients // PROCESSES) for n in range(50)]
    year = at + timedelta(days=365)
    ledger.post_many(Earn(new_id(at), who, "civic", 100_000, deed_at=at, expires_at=year) for who in people)


def copying_rate(app: Flask) -> float:
    """Entries a second into an empty journal."""
    with app.app_context():
        db.create_all()
        garbage.settle()
        began = time.perf_counter()
        copied = project_all(DISTRICT)
        took = time.perf_counter() - began
        db.session.remove()
        db.engine.dispose()
    return copied / took


def reading_rates(app: Flask) -> dict[str, float]:
    """Entries a second of `verify`, and of `rebuild` into an emptied ledger."""
    with app.app_context():
        number = ledger(DISTRICT).head().number
        began = time.perf_counter()
        found = compare(DISTRICT)
        verified = time.perf_counter() - began
        if not found.holds:
            raise RuntimeError(found.line)
        url = parts().settings.redis.url
        _carry(url, 0, 1)
        connect(url).flushdb()
        began = time.perf_counter()
        rebuild(DISTRICT)
        rebuilt = time.perf_counter() - began
        _carry(url, 1, 0)  # for the next database to copy, which knows of no rebuilding
        db.session.remove()
        db.engine.dispose()
    return {"verify": number / verified, "rebuild": number / rebuilt}


def _carry(url: str, here: int, there: int) -> None:
    """Stream and head go from one database of the server to another."""
    server = url.partition("?")[0]
    source, target = connect(f"{server}?db={here}"), connect(f"{server}?db={there}")
    for key in (f"{{d:{DISTRICT}}}:entries", f"{{d:{DISTRICT}}}:head"):
        target.delete(key)
        source.move(key, there)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp"))
    server = replace(valkey.ledger_server(home), extra=("--databases", "2"))
    server.prepare()
    with server.log.open("ab") as log:
        process = leash.start(server.argv(), env={**os.environ, **valkey.ALLOCATOR}, output=log)
    while not server.ready():
        time.sleep(0.01)
    postgres = Postgres.make(fsync=True).start()
    try:
        prepare(server.url, given.clients)
        posted = posting_rate(server.url, given.entries, given.clients)
        print(f"posting: {posted:,.0f}/s with {given.clients} clients")
        for name, url in (("sqlite", f"sqlite:///{home}/books.sqlite"), ("postgresql", postgres.fresh())):
            copied = copying_rate(books_of(url, server.url, home))
            print(f"copying into {name}: {copied:,.0f}/s")
            row = {"name": f"projector on {name}", "ratio": round(copied / posted, 2), "goal": GOAL, "better": "higher"}
            print(json.dumps(row))
            for what, rate in reading_rates(books_of(url, server.url, home)).items():
                print(f"{what} on {name}: {rate:,.0f}/s, a million in {10**6 / rate:.0f} s")
                a_minute = round(10**6 / rate / 60, 2)
                how = "all of them there" if given.entries >= 10**6 else f"reckoned from {given.entries:,}"
                title = f"{what} a million on {name} ({how}), minutes"
                print(json.dumps({"name": title, "ratio": a_minute, **ONE_MINUTE}))
    finally:
        process.kill()
        process.wait()
        postgres.remove()
        shutil.rmtree(home, ignore_errors=True)


def books_of(url: str, ledger_url: str, home: Path) -> Flask:
    """The application on these books and this ledger."""
    secrets = dict.fromkeys(("signing_key", "field_key", "index_key", "root_key"), "x" * 40)
    given = {"database": {"url": url}, "redis": {"url": ledger_url}, "cache": {"url": ledger_url}, "secrets": secrets}
    return create_app(load({}, {**given, "service": {"data_dir": str(home)}, "journal": {"trim": "never"}}))


if __name__ == "__main__":
    main()
