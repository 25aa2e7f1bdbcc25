"""Whether a large town is as quick as a small one: p50 of a redemption at 1,000,000 residents and at 10,000.

    .venv/bin/python -m benchmarks.large_town [--residents 1000000] [--rounds 5] [--seconds 3] [--clients 16]

Two servers stand side by side, every resident has five lots, and rounds are interleaved. The small town is made by
postings. Purses and lists of days of the large one are written as the ledger writes them, without the five million
entries behind them; the two are compared before anything is measured. Memory is what the server itself says it uses,
before and after: purses and lists of days, without ids and stream, which are forgotten and trimmed with time. It takes
some minutes and 2 GB; `make bench` runs it with `--large`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import redis
from rich.console import Console

from backend.cli.progress import bar
from benchmarks import ledger_loads as loads
from benchmarks.ledger_bench import in_rounds, ledger_server, print_row
from benchmarks.ledger_loads import DISTRICT
from points.clock import to_ms
from points.ledger import connect
from points.ledger.keys import DAY_MS, Keys

SMALL = 10_000
AT_ONCE = 5000
LOTS = 5


def settle_in(client: redis.Redis, residents: int, since: datetime) -> None:
    """Purses of five lots each, and the lists of the days on which these expire."""
    keys, days = Keys(DISTRICT), [to_ms(since + timedelta(days=100 + number)) for number in range(LOTS)]
    with bar(Console(stderr=True), "the large town") as progress:
        for first in range(0, residents, AT_ONCE):
            some = range(first, min(first + AT_ONCE, residents))
            pipe = client.pipeline(transaction=False)
            pipe.mset({keys.purse(f"r{number}"): _purse(number, days, to_ms(since)) for number in some})
            for day in days:
                pipe.zadd(keys.due(day), {f"r{number}": day for number in some})
                pipe.zadd(keys.days, {f"l:{day // DAY_MS}": day // DAY_MS})
            pipe.execute()
            progress(some[-1] + 1, residents)


def _purse(resident: int, days: list[int], earned: int) -> str:
    first = 4 + resident * LOTS
    lots = "".join(f"{day},{first + number},10000,civic,{earned};" for number, day in enumerate(days))
    return f"{LOTS * 10_000} 0 0\n{lots}"


def need_alike(small: redis.Redis, large: redis.Redis) -> None:
    """Stop unless purses and lists of days of both towns are alike but for dates."""
    keys = Keys(DISTRICT)
    for resident in ("r0", "r7", f"r{SMALL - 1}"):
        one, other = (re.sub(rb"\d{13}", b"date", client.get(keys.purse(resident))) for client in (small, large))
        if one != other:
            raise SystemExit(f"{resident} is {one!r} here and {other!r} there")
    for client in (small, large):
        name, score = client.zrange(keys.days, 0, 0, withscores=True)[0]
        if client.zscore(keys.prefix + f"due:{int(score)}", "r7") is None or name != f"l:{int(score)}".encode():
            raise SystemExit("the lists of days differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="civic-bench-", dir="/tmp"))
    try:
        with ExitStack() as stack:
            small, large = (stack.enter_context(ledger_server(home / name)) for name in ("small", "large"))
            loads.settle_in(small, SMALL)
            loads.settle_in(large, 0)
            client = connect(large)
            before = client.info("memory")["used_memory"]
            settle_in(client, given.residents, loads.CLOCK.now())
            each = (client.info("memory")["used_memory"] - before) / given.residents
            need_alike(connect(small), client)
            print(f"{each:.0f} bytes of Redis memory for each of {given.residents:,} residents", file=sys.stderr)
            works: dict[str, loads.Work] = {
                "small": partial(loads.holds, small, SMALL),
                "large": partial(loads.holds, large, given.residents),
            }
            found = in_rounds(works, given.rounds, given.clients, given.seconds)
        p50 = {name: [rate.p50_ms for rate in rates] for name, rates in found.items()}
        slower = statistics.median(a / b for a, b in zip(p50["large"], p50["small"], strict=True))
        shown = {name: round(statistics.median(values), 2) for name, values in p50.items()}
        print_row(f"p50 at {given.residents:,} residents, to 10,000", slower, 1.15, "lower", p50_ms=shown)
        print_row(
            f"Redis memory of each of {given.residents:,} residents with 5 lots, of 900 bytes",
            each / 900,
            1.0,
            "lower",
            bytes=round(each),
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
