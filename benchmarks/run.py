"""All benchmarks in turn, over and over; the median of each figure goes to `bench.json` and into `docs/benchmarks.md`.

    .venv/bin/python -m benchmarks.run [--turns 3] [--only http] [--large]

Every script here whose name ends in `_bench.py` is run once a turn, so that a busy minute of the machine spoils one
turn of each and not all turns of one. A script prints a line of JSON for each figure: name, ratio, goal, better, and
whatever else is worth showing. With `--large`, what takes a million residents or entries is measured once, at the end.
With `--only`, the other rows stay as they were.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
BENCH = HERE / "bench.json"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
LARGE = (("large_town",), ("projector_bench", "--entries", "1000000"))
Row = dict[str, Any]


def run(name: str, *words: str) -> list[Row]:
    """The rows that one script prints; what else it says goes to standard error."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    ended = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=False)
    rows = []
    for line in ended.stdout.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict) and row.keys() >= {"name", "ratio", "goal", "better"}:
            rows.append(row)
        else:
            print(line, file=sys.stderr)
    if ended.returncode or not rows:
        print(f"{name}: exit code {ended.returncode}, {len(rows)} rows", file=sys.stderr)
    return rows


def merged(turns: list[Row]) -> Row:
    """One figure over all turns: the median, with the lowest and the highest; the rest as in the last turn."""
    ratios = [turn["ratio"] for turn in turns]
    return turns[-1] | {"ratio": round(statistics.median(ratios), 2), "lowest": min(ratios), "highest": max(ratios)}


def reached(row: Row) -> bool | None:
    """Whether the goal was reached; None where there is none."""
    if row["goal"] is None:
        return None
    return bool(row["ratio"] >= row["goal"] if row["better"] == "higher" else row["ratio"] <= row["goal"])


def machine() -> str:
    """Where this was measured."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in told if "model name" in line), platform.machine())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {system}, load {os.getloadavg()[1]:.1f}, {datetime.now(UTC):%Y-%m-%d}"


def table(rows: list[Row]) -> str:
    """The rows for readers."""
    said = {True: "yes", False: "no", None: "-"}
    lines = ["| figure | ratio | lowest to highest | goal | reached |", "|---|---|---|---|---|"]
    for row in rows:
        sign = "at least" if row["better"] == "higher" else "at most"
        goal = "-" if row["goal"] is None else f"{sign} {row['goal']}"
        span = f"{row['lowest']} to {row['highest']}"
        lines.append(f"| {row['name']} | {row['ratio']} | {span} | {goal} | {said[reached(row)]} |")
    return "\n".join(lines) + "\n"


def beside(rows: list[Row]) -> list[Row]:
    """These rows in the places of those before, which stay where they were not measured anew."""
    anew = {row["name"]: row for row in rows}
    kept = [anew.pop(row["name"], row) for row in json.loads(BENCH.read_text())["rows"]]
    return kept + list(anew.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", default="", help="scripts whose name begins so")
    parser.add_argument("--large", action="store_true", help="also those that take a million of something, once")
    given = parser.parse_args()
    found: dict[str, list[Row]] = {}
    where = machine()
    for turn in range(given.turns):
        for script in sorted(HERE.glob(f"{given.only}*_bench.py")):
            print(f"turn {turn + 1} of {given.turns}: {script.stem}", file=sys.stderr)
            for row in run(script.stem):
                found.setdefault(row["name"], []).append(row)
    for name, *words in (each for each in LARGE if given.large and each[0].startswith(given.only)):
        print(f"large: {name}", file=sys.stderr)
        found |= {row["name"]: [row] for row in run(name, *words) if row["name"] not in found}
    rows = [merged(turns) for turns in found.values()]
    if given.only:
        rows = beside(rows)
    BENCH.write_text(json.dumps({"machine": where, "rows": rows}, indent=2, ensure_ascii=False) + "\n")
    head, _, rest = PAGE.read_text().partition(BEGIN)
    shown = f"{BEGIN}\nTaken on {where}, {given.turns} turns.\n\n{table(rows)}\n{END}"
    PAGE.write_text(head + shown + rest.partition(END)[2])
    print(table(rows))
    if not found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
