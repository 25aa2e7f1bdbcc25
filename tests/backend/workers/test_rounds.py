"""The worker's turns: again and again, never beside itself, and ended when the worker ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from threading import Event, Lock

import pytest

from backend.workers.rounds import Rounds
from tests.waiting import until


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    made = Rounds(2)
    yield made
    made.stop()


def test_a_job_is_begun_again_and_again(rounds: Rounds) -> None:
    begun: list[float] = []
    rounds.add(lambda: begun.append(time.monotonic()), 0.15)
    rounds.start()
    until(lambda: len(begun) >= 5, within_s=10)
    assert min(later - one for one, later in pairwise(begun)) >= 0.1  # a busy machine tells a beginning late


def test_a_long_job_is_never_done_beside_itself_nor_in_the_way_of_others(rounds: Rounds) -> None:
    alone, met, goes_on, others = Lock(), [], Event(), []

    def long() -> None:
        if not alone.acquire(blocking=False):
            met.append(1)
            return
        goes_on.wait(10)
        alone.release()

    rounds.add(long, 0.01)
    rounds.add(lambda: others.append(1), 0.01)
    rounds.start()
    until(lambda: len(others) >= 10, within_s=10)
    goes_on.set()
    assert met == []


def test_two_jobs_run_at_the_same_time(rounds: Rounds) -> None:
    one, other, met = Event(), Event(), []

    def meets(mine: Event, theirs: Event) -> None:
        mine.set()
        met.append(theirs.wait(10))

    rounds.add(lambda: meets(one, other), 0.01)
    rounds.add(lambda: meets(other, one), 0.01)
    rounds.start()
    until(lambda: len(met) >= 2, within_s=15)
    assert all(met)


def test_the_end_waits_for_what_runs_and_begins_nothing_more() -> None:
    rounds, inside, done = Rounds(1), Event(), []

    def work() -> None:
        inside.set()
        until(lambda: rounds._ended)
        time.sleep(0.2)
        done.append(1)

    rounds.add(work, 0.01)
    rounds.add(lambda: done.append(2), 3600)
    rounds.start()
    assert inside.wait(10)
    rounds.stop()
    assert done == [1]
