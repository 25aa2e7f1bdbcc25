"""A full disk: nothing answered is lost, and service returns by itself once there is room."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from backend.cli.servers import folder
from points.errors import Refused
from tests.cli.processes import Up, answers, ledger, told
from tests.disk import fill
from tests.waiting import until


def post_until_refused(client: redis.Redis) -> int:
    """How many writes were answered before the first that was not."""
    for number in range(2000):
        try:
            client.set(f"points:{number}", "x" * 1000)
        except redis.RedisError:
            return number
    raise AssertionError("the disk never got full")


def test_a_start_on_a_full_disk_is_refused(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(Refused) as refused:
        folder.prepare(small_disk)
    assert refused.value.code == "disk_full"


def test_a_ledger_on_a_full_disk_loses_nothing_answered_and_comes_back_by_itself(up: Up, small_disk: Path) -> None:
    process = up(small_disk / "town")
    with ledger(told(process)) as client:
        ballast = fill(small_disk)
        answered = post_until_refused(client)
        assert process.poll() is None
        ballast.unlink()
        free_at = time.monotonic()
        until(lambda: answers(client))
        print(f"back {time.monotonic() - free_at:.1f} s after there was room")
        assert all(client.exists(f"points:{number}") for number in range(answered))
        client.set("points:after", 1)
    process.terminate()
    assert process.wait(60) == 0
