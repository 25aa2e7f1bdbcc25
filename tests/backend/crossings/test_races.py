"""Many at once: the same points go once, and each transfer is carried once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from backend.kit import outbox
from points.clock import FixedClock
from tests.app import NOON
from tests.backend.crossings.stage import Traveller, between, delivered, traveller
from tests.backend.rewards.test_races import Running, at_once, codes_of, own_client
from tests.cast import Cast


@pytest.fixture
def clock() -> FixedClock:
    return Running(NOON)


def test_the_same_points_taken_eight_times_at_once_go_once(person: Traveller, clock: FixedClock) -> None:

    def take() -> Any:
        return replace(person, here=own_client(person.here)).take(60)

    answers = at_once([take] * 8)
    delivered(clock)
    assert set(codes_of(answers)) <= {"done", "insufficient_points"}
    told = [person.told(each.json["id"]) for each in answers if each.status_code == 201]
    assert Counter(each["state"] for each in told)["arrived"] == 1
    assert {(each["state"], each["reason"]) for each in told} <= {
        ("arrived", None),
        ("refused", "insufficient_points"),
    }
    assert (person.points, between()) == ((40, 60), (0, 0))


def test_eight_repetitions_of_one_request_take_the_points_once(cast: Cast, clock: FixedClock) -> None:
    person, key = traveller(cast), "01a1f71c-7600-709c-bb2a-5420b13ee5ea"
    found = codes_of(at_once([lambda: replace(person, here=own_client(person.here)).take(60, key=key)] * 8))
    delivered(clock)
    assert set(found) <= {"done", "still_running"}
    assert found["done"]
    assert (person.points, between()) == ((40, 60), (0, 0))


def test_four_workers_carry_each_transfer_once(
    app: Flask, cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, start = traveller(cast), Barrier(4)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_try_quietly", lambda *_: False)
        transfers = [person.taken(10) for _ in range(6)]

    def work(_: int) -> None:
        with app.app_context():
            start.wait(30)
            outbox.deliver_due()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    delivered(clock)
    assert [person.told(each)["state"] for each in transfers] == ["arrived"] * 6
    assert (person.points, between()) == ((40, 60), (0, 0))
