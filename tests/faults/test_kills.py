"""Parts of the running service are killed under load, alone and together: nothing answered is lost or done twice."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.crowd import Crowd
from tests.faults.service import ROUNDS, Service, kill

Part = Callable[[Service], list[int]]


def _under_kills(town: Service, kills: int, part: Part, pause: tuple[float, float], rest_s: float = 0.0) -> Crowd:
    crowd, drawn = Crowd(town, clients=6, rest_s=rest_s).begin(), random.Random(1)
    began = time.monotonic()
    time.sleep(0.5)
    for _ in range(kills):
        time.sleep(drawn.uniform(*pause))
        before = crowd.answered()
        kill(*part(town))
        give_up_at = time.monotonic() + 20
        while crowd.answered() < before + 12:
            assert time.monotonic() < give_up_at, f"it did not come back: {crowd.told}"
            time.sleep(0.02)
    crowd.reach(10 * kills).end().check()
    took_s, pause_s = time.monotonic() - began, crowd.longest_gap_s
    print(f"{kills} kills in {took_s:.0f} s: {crowd.answered()} answered, longest pause {pause_s:.1f} s, {crowd.told}")
    return crowd


def _web_and_ledger(town: Service) -> list[int]:
    return [*town.web_workers(), town.pid("ledger")]


def _workers(town: Service) -> list[int]:
    return [town.pid("worker")]


def _kill_web_and_ledger(town: Service, kills: int, rest_s: float = 0.0) -> None:
    """Ten seconds of load for five kills."""
    crowd = _under_kills(town, kills, _web_and_ledger, (1.5, 2.1), rest_s)
    crowd.only("ledger_unreachable", "ledger_closed", "no answer")
    assert sum(crowd.refused.values()) >= kills  # the kills were felt
    crowd.floors(10 * kills)


def _kill_worker(town: Service, kills: int) -> None:
    crowd = _under_kills(town, kills, _workers, (0.3, 0.9))
    crowd.only()
    crowd.floors(10 * kills)


def test_kill_9_of_web_and_ledger_together_loses_no_answer_and_doubles_none(town: Service) -> None:
    _kill_web_and_ledger(town, 5, rest_s=0.03)


def test_kill_9_of_the_worker_leaves_each_entry_once_and_fails_no_request(town: Service) -> None:
    _kill_worker(town, 3)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_web_and_ledger_lose_no_answer(town: Service) -> None:
    _kill_web_and_ledger(town, 10 * ROUNDS)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_the_worker_leave_each_entry_once(town: Service) -> None:
    _kill_worker(town, 5 * ROUNDS)


def test_a_frozen_ledger_is_refused_by_name_and_wakes_with_all_it_answered(town: Service) -> None:
    crowd = Crowd(town, clients=4).begin()
    time.sleep(1)
    frozen = town.pid("ledger")
    kill(frozen, how=signal.SIGSTOP)
    time.sleep(6)
    kill(frozen, how=signal.SIGCONT)
    crowd.reach(20)
    time.sleep(1)
    crowd.end().check()
    crowd.only("ledger_unreachable", "ledger_closed", "no answer")
    assert any("ledger_unreachable" in what for what in crowd.told)
    crowd.floors(20)
