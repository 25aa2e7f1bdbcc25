"""`POST /redemptions` on the running product, as ratios to two yardsticks behind the same web server.

    .venv/bin/python -m benchmarks.http_bench [--rounds 5] [--seconds 3] [--clients 16]

The product is `civic up` with everything on: sign-in check, validation, idempotency, offer limits, lots, fsync, the
projector; its rate limit off, and its cost beside. An empty Flask view, and the plain ORM way on PostgreSQL with fsync
(`benchmarks/baselines/redeem_orm.py`), stand behind gunicorn with the same workers and threads. Rounds are interleaved,
and medians are compared. Prints one row of JSON for each figure: name, ratio, goal, better.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from backend.cli.servers import leash, ports
from backend.kit.clock import fresh_id, now
from backend.settings import ROOT
from backend.wiring import ledger
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT
from tests.backend.rewards.people import Market
from tests.cast import Cast
from tests.faults.service import Service
from tests.postgres import Postgres

WORKERS, THREADS = "2", "16"
Target = tuple[int, str, list[str]]
"""A port, the body to send, and a token for each client."""


@contextmanager
def product(home: Path, name: str, residents: int, **env: str) -> Iterator[Target]:
    """`civic up` with one reward at one merchant, and residents who can pay for it."""
    given = {"CIVIC_SERVICE_WEB_WORKERS": WORKERS, "CIVIC_SERVICE_WEB_THREADS": THREADS, **env}
    service = Service(home / name, given).start()
    try:
        with service.inside() as app:
            market = Market(Cast(app))
            reward = market.reward(market.merchant(), stock=1_000_000, price=1)
            people = [market.cast.resident(f"虚构居民{number}") for number in range(residents)]
            ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
            year = now() + timedelta(days=365)
            for person in people:
                ledger(DISTRICT).post(Earn(fresh_id(), person.id, "civic", 1_000_000, now(), year))
            while people[0].get(f"/rewards/{reward}").json["state"] != "published":
                time.sleep(0.1)
        time.sleep(1)
        yield service.port, json.dumps({"reward_id": reward, "quantity": 1}), [person.token for person in people]
    finally:
        service.stop()


@contextmanager
def yardstick(app: str, residents: int, **env: str) -> Iterator[Target]:
    """One of the two plain applications behind gunicorn."""
    with ports.listening("127.0.0.1", 0) as listening:
        port, fd = listening.getsockname()[1], listening.fileno()
        command = [sys.executable, "-m", "gunicorn", f"benchmarks.http_apps:{app}()", "--bind", f"fd://{fd}"]
        command += ["--worker-class", "gthread", "--workers", WORKERS, "--threads", THREADS, "--keep-alive", "30"]
        command += ["--chdir", str(ROOT), "--log-level", "warning", "--no-control-socket"]
        server = leash.start(command, env={**os.environ, **env}, pass_fds=(fd,))
        try:
            while not ports.answers("127.0.0.1", port, "/healthz"):
                time.sleep(0.05)
            yield port, '{"reward_id": "0", "quantity": 1}', [str(number + 1) for number in range(residents)]
        finally:
            server.terminate()
            server.wait()


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL with fsync and the tables of the plain way; its URL."""
    server = Postgres.make(fsync=True).start()
    try:
        url = server.fresh()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute((ROOT / "benchmarks" / "baselines" / "schema.sql").read_bytes())
        yield url
    finally:
        server.remove()


def load(target: Target, clients: int, seconds: float, rate: float = 0) -> dict[str, float]:
    """One run of the load, from a process of its own."""
    port, body, tokens = target
    command = [sys.executable, "-m", "benchmarks.http_load", str(port), str(clients), str(seconds), str(rate)]
    text = "\n".join([body, *tokens])
    said = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    told: dict[str, float] = json.loads(said)
    if told["failed"]:
        raise RuntimeError(f"{told['failed']:.0f} of {told['answered']:.0f} requests were refused")
    return told


def measure(targets: dict[str, Target], rounds: int, seconds: float, clients: int) -> dict[str, list[float]]:
    """Requests a second of each target in each round, one target after the other."""
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for target in targets.values():
        load(target, clients, 1)  # warm
    for number in range(rounds):
        for name, target in targets.items():
            told = load(target, clients, seconds)
            rates[name].append(told["answered"] / told["seconds"])
            print(f"round {number + 1}: {name} {rates[name][-1]:,.0f}/s, p99 {told['p99_ms']} ms", file=sys.stderr)
    return rates


def _row(name: str, ratio: float, goal: float | None, **more: Any) -> None:
    print(json.dumps({"name": name, "ratio": round(ratio, 2), "goal": goal, "better": "higher", **more}), flush=True)


def report(rates: dict[str, list[float]], half: dict[str, float]) -> None:
    """The rows, with the rates that are behind them."""
    each = {name: round(statistics.median(values)) for name, values in rates.items()}

    def ratio(above: str, below: str) -> float:
        return statistics.median(a / b for a, b in zip(rates[above], rates[below], strict=True))

    _row("POST /redemptions, to an empty Flask view", ratio("product", "empty"), 0.4, per_second=each)
    _row("POST /redemptions, to SELECT ... FOR UPDATE in SQLAlchemy", ratio("product", "plain"), 5)
    _row("POST /redemptions with its rate limit, to without", ratio("limited", "product"), None)
    p50, p99 = half["p50_ms"], half["p99_ms"]
    _row("POST /redemptions at half load, p50 to p99", p50 / p99, None, p50_ms=p50, p99_ms=p99)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="civic-", dir="/tmp"))
    limited = {"CIVIC_LIMITS_ENABLED": "true", "CIVIC_LIMITS_REQUESTS_PER_MINUTE": "100000000"}
    try:
        with ExitStack() as stack:
            url = stack.enter_context(postgres())
            targets = {
                "product": stack.enter_context(product(home, "town", given.clients)),
                "empty": stack.enter_context(yardstick("empty", given.clients)),
                "plain": stack.enter_context(yardstick("plain", given.clients, BENCH_DATABASE_URL=url)),
                "limited": stack.enter_context(product(home, "limited", given.clients, **limited)),
            }
            rates = measure(targets, given.rounds, given.seconds, given.clients)
            half = load(targets["product"], given.clients, given.seconds, statistics.median(rates["product"]) / 2)
        report(rates, half)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
