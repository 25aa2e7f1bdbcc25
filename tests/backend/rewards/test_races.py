"""Many at once: exactly one gets the last one, however hard they try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from backend.kit.clock import fresh_id
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, NOON
from tests.backend.rewards.people import Market, capture, look_up, redeem
from tests.cast import Person

CODES = 5


class Running(FixedClock):
    """A clock that moves a millisecond each time it is read, so that no two requests come at one time."""

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at.astimezone(UTC)


@pytest.fixture
def clock() -> FixedClock:
    return Running(NOON)


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all tasks together, each in its own thread; answers in their order."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait(30)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(run, task) for task in tasks]]


def codes_of(answers: list[Any]) -> Counter[str]:
    return Counter("done" if answer.status_code in (200, 201) else answer.json["code"] for answer in answers)


def own_client(person: Person) -> Person:
    """The same person on another connection."""
    return replace(person, client=person.app.test_client())


def scan_and_capture(clerk: Person, redemption: dict[str, Any]) -> Any:
    seen = look_up(clerk, redemption["code"])
    return capture(clerk, redemption["id"]) if seen.status_code == 200 else seen


def test_of_64_residents_exactly_one_gets_a_stock_of_one(market: Market) -> None:
    reward = market.reward(market.merchant(), stock=1)
    residents = [market.resident(100) for _ in range(64)]
    answers = at_once([partial(redeem, person, reward) for person in residents])
    assert codes_of(answers) == {"done": 1, "out_of_stock": 63}
    assert sum(ledger(DISTRICT).balance(person.id).available for person in residents) == 64 * 100 - 30


def test_one_resident_with_points_for_one_gets_exactly_one_of_64(market: Market) -> None:
    resident, reward = market.resident(50), market.reward(market.merchant(), stock=100)
    answers = at_once([partial(redeem, own_client(resident), reward) for _ in range(64)])
    assert codes_of(answers) == {"done": 1, "insufficient_points": 63}
    balance = ledger(DISTRICT).balance(resident.id)
    assert (balance.available, balance.held) == (20, 30)


def test_64_repetitions_of_one_request_redeem_once(market: Market) -> None:
    resident, reward, key = market.resident(100), market.reward(market.merchant(), stock=100), fresh_id()
    answers = at_once([partial(redeem, own_client(resident), reward, key=key) for _ in range(64)])
    assert codes_of(answers) == {"done": 64}
    assert len({answer.json["code"] for answer in answers}) == 1
    assert ledger(DISTRICT).balance(resident.id).held == 30


def test_one_code_scanned_20_times_at_once_by_two_merchants_is_captured_once(market: Market) -> None:
    one, other = market.merchant(), market.merchant("别家饭馆（虚构）")
    clerks = [market.clerk(one), market.clerk(other, "柜台-丙")]
    resident, reward = market.resident(10_000), market.reward(one, other, stock=CODES)
    for turn in range(CODES):
        redemption = redeem(resident, reward).json
        tasks = [partial(scan_and_capture, own_client(clerks[i % 2]), redemption) for i in range(20)]
        found = codes_of(at_once(tasks))
        assert found.pop("done") == 1
        assert set(found) <= {"code_used", "hold_captured"}
        assert sum(found.values()) == 19
        assert sum(ledger(DISTRICT).account(f"merchant:{m.id}") for m in (one, other)) == 30 * (turn + 1)
