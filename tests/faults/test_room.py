"""No room on the disk or in the ledger's memory: refused by name, nothing answered is lost, it heals by itself."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis

from backend.journal import health
from tests.disk import fill
from tests.faults.conftest import Start
from tests.faults.crowd import Crowd, Line
from tests.faults.service import ROUNDS, Service
from tests.waiting import until

POSTINGS = ("POST redemptions", "capture", "DELETE redemptions")


def _fill_disk(service: Service, disk: Path, times: int) -> None:
    crowd, back_s = Crowd(service, clients=4).begin(), 0.0
    for _ in range(times):
        time.sleep(1)
        ballast = fill(disk)
        refused = sum(crowd.refused.values())
        until(lambda refused=refused: sum(crowd.refused.values()) > refused + 20)
        ballast.unlink()
        free_at, answered = time.monotonic(), crowd.answered()
        until(lambda answered=answered: crowd.answered() > answered + 10)
        back_s = max(back_s, time.monotonic() - free_at)
    time.sleep(0.5)
    crowd.reach(20 * times).end().check()
    print(f"{times} full disks: {crowd.answered()} answered, back {back_s:.1f} s after there was room, {crowd.told}")
    crowd.only("ledger_unreachable", "ledger_closed", "ledger_full")
    assert any(" 503 ledger_" in what for what in crowd.told)
    crowd.floors(20 * times)


def test_a_full_disk_is_refused_by_name_and_service_returns_by_itself(start: Start, small_disk: Path) -> None:
    service = start(small_disk / "town")
    _fill_disk(service, small_disk, 1)
    service.stop()


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_full_disks_lose_no_answer(start: Start, small_disk: Path) -> None:
    service = start(small_disk / "town")
    _fill_disk(service, small_disk, ROUNDS)
    service.stop()


def _postings_refused(crowd: Crowd) -> int:
    """Refused for want of memory, of whatever sort: who stands at the counter then asks for nothing else."""
    return sum(crowd.told[f"{what} 503 ledger_full"] for what in POSTINGS)


@contextmanager
def _no_memory(server: redis.Redis) -> Iterator[None]:
    server.config_set("maxmemory", 1)
    try:
        yield
    finally:
        server.config_set("maxmemory", 0)


def _fill_memory(town: Service, times: int) -> None:
    crowd = Crowd(town, clients=4).begin()
    with town.place.embedded[0].client() as server:
        for _ in range(times):
            time.sleep(0.5)
            before = _postings_refused(crowd)
            with _no_memory(server):
                until(lambda before=before: _postings_refused(crowd) >= before + 10)
                held = server.dbsize()
                assert _reads(town, crowd) == [200, 200]
                assert _alarms(town) == ["bad", True]
                until(lambda before=before: _postings_refused(crowd) >= before + 20)
                assert server.dbsize() == held  # refused whole
            answered = crowd.answered()
            until(lambda answered=answered: crowd.answered() > answered + 20)
    crowd.reach(15 * times).end().check()
    crowd.only("ledger_full")
    crowd.floors(15 * times)


def _reads(town: Service, crowd: Crowd) -> list[int]:
    line = Line(town.port, crowd.residents[0].token)
    answers = [line.once("GET", "/me/points"), line.once("GET", f"/rewards/{crowd.reward}")]
    line.hang_up()
    return [answer.status for answer in answers]


def _alarms(town: Service) -> list[object]:
    """What `civic doctor` finds, and whether the metric is past its limit."""
    with town.inside():
        (found,) = health.memory()
    with urlopen(f"http://127.0.0.1:{town.port}/metrics") as answer:
        (share,) = re.findall(r"^civic_ledger_memory_share (\S+)$", answer.read().decode(), re.MULTILINE)
    return [found.mark, float(share) > 1]


def test_a_ledger_out_of_memory_refuses_whole_and_is_still_read(town: Service) -> None:
    _fill_memory(town, 1)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_a_ledger_often_out_of_memory_refuses_whole(town: Service) -> None:
    _fill_memory(town, 2 * ROUNDS)
