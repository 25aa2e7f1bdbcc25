"""How long trying a pack takes: a generated year through two packs in two processes, with its processor time.

.venv/bin/python -m benchmarks.rules_simulation [--deeds 1000000] [--profile]

The goal is 60 s for 1,000,000 deeds on two cores; it is printed, not asserted, because other work slows the clock.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import tempfile
import time
from pathlib import Path

from backend.cli.rules_simulate import tried
from benchmarks.rules_year import year
from points.rules.history import write_history
from points.rules.simulate import Job, run_job

RULES = Path(__file__).parents[1] / "config" / "rules"
GOAL_SECONDS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deeds", type=int, default=1_000_000)
    parser.add_argument("--new", type=Path, default=RULES / "370112-demo.yaml")
    parser.add_argument("--beside", type=Path, default=RULES / "370112-demo.yaml")
    parser.add_argument("--profile", action="store_true", help="instead: where the time goes, one pack in this process")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "year.csv"
        with table.open("w", encoding="utf-8", newline="") as out:
            write_history(year(asked.deeds, 1), out)
        if asked.profile:
            _profile(Job(asked.new, table))
        else:
            _measure([Job(asked.new, table), Job(asked.beside, table)], asked.deeds)


def _measure(jobs: list[Job], deeds: int) -> None:
    began, before = time.monotonic(), _processor_seconds()
    trials = tried(jobs)
    wall, processor = time.monotonic() - began, _processor_seconds() - before
    print(f"{deeds:,} generated deeds, {len(jobs)} packs, {sum(trial.granted for trial in trials):,} points")
    print(f"{wall:.1f} s by the clock, {processor:.1f} s of processor time in all processes (goal {GOAL_SECONDS} s)")


def _profile(job: Job) -> None:
    profile = cProfile.Profile()
    profile.runcall(run_job, job)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
