"""Ledger, outbox and projector in seeded runs in which every step may crash, fail, come late or come again.

A failure names its seed; `python -m tests.faults.simulation SEED` plays it again, step by step the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from flask import Flask

from backend.settings import ROOT
from tests.faults.simulation.broken import WRONG
from tests.faults.simulation.place import place
from tests.faults.simulation.run import STEPS, play, play_all

ROUNDS = int(os.environ.get("ROUNDS", "100"))
SEEDS = 300
FOUND_WITHIN = 30
"""Seeds after which a part that is built wrongly must have been found out."""
MUST_HAPPEN = (
    "crash before the posting",
    "crash after the posting",
    "crash before the commit",
    "crash after the commit",
    "crash before the trim",
    "crash after the trim",
    "request lost",
    "request late",
    "answer lost",
    "answered hold",
    "answered capture",
    "answered release",
    "answered reverse",
    "hold_captured",
    "insufficient_points",
    "id_expired",
)


@pytest.fixture(scope="module")
def simulated() -> Iterator[Flask]:
    with place() as app:
        yield app


def _check(simulated: Flask, seeds: int) -> None:
    seen = play_all(simulated, range(seeds))
    print(f"{seeds} seeds, {dict(sorted(seen.items()))}")
    assert seen["steps"] == seeds * STEPS
    assert seen["granted"] > 4 * seeds
    assert [what for what in MUST_HAPPEN if seen[what] < seeds // 30] == []


def test_the_laws_hold_at_each_step_whatever_crashes_or_comes_again(simulated: Flask) -> None:
    _check(simulated, SEEDS)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_the_laws_hold_in_a_million_steps(simulated: Flask) -> None:
    _check(simulated, 10_000 * ROUNDS // STEPS)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_part_that_is_built_wrongly_is_found_out(simulated: Flask, wrong: str) -> None:
    with WRONG[wrong]():
        for seed in range(FOUND_WITHIN):
            try:
                play(simulated, seed)
            except AssertionError as found:
                print(f"{wrong}: {found}")
                return
    raise AssertionError(f"not found in {FOUND_WITHIN} seeds")


def test_a_seed_replays_its_run_exactly_also_in_another_process(simulated: Flask) -> None:
    seeds = range(7, 12)
    first = [play(simulated, seed).chance.digest for seed in seeds]
    assert [play(simulated, seed).chance.digest for seed in seeds] == first
    assert len(set(first)) == len(first)
    command = [sys.executable, "-m", "tests.faults.simulation", "7", "5"]
    env = os.environ | {"PYTHONHASHSEED": "4711"}
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert said.stdout.split()[1::2] == first
