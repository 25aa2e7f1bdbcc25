"""The worker's rounds: the ledger is opened in each run of its server, and entries are copied as they come."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.journal import following
from backend.journal.following import keep_up
from backend.journal.models import JournalHead
from backend.journal.opening import is_open, open_all
from backend.journal.projector import head_number, project, project_all
from backend.kit.db import db, transaction
from backend.wiring import ledger, stream
from backend.workers.__main__ import _follow
from backend.workers.schedule import WITHOUT_PAUSE
from points.clock import FixedClock
from points.errors import Refused
from tests.app import DISTRICT, build, put_away
from tests.points.ledger.town import Town
from tests.servers import Valkey


@pytest.fixture
def own(private_valkey: Callable[..., Valkey]) -> Valkey:
    """A ledger's server for one test, to be killed."""
    return private_valkey()


@pytest.fixture
def alone(own: Valkey, cache_server: Valkey, database_url: str, tmp_path: Path, clock: FixedClock) -> Any:
    """The application on that server, with the fence up."""
    made = build(database_url, own.url, cache_server.url, tmp_path, clock, {"redis": {"fenced": True}})
    with made.app_context():
        yield made
        put_away(made)


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.code


def test_a_round_ends_though_postings_go_on(alone: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came meanwhile is copied together by the next round: one commit for many entries."""
    keep_up(DISTRICT)
    town = Town(ledger(DISTRICT), alone.extensions["civic_clock"])
    town.top_up(1)

    def busy(district: str) -> int:
        copied = project(district)
        town.top_up(1)
        return copied

    monkeypatch.setattr(following, "project", busy)
    assert keep_up(DISTRICT) == 1
    assert (head_number(DISTRICT), ledger(DISTRICT).head().number) == (1, 2)


def test_a_new_run_of_the_server_takes_no_postings_until_a_round_has_matched_it(alone: Flask, own: Valkey) -> None:
    town = Town(ledger(DISTRICT), alone.extensions["civic_clock"])
    assert code_of(lambda: town.top_up(1)) == "ledger_closed"
    keep_up(DISTRICT)
    assert is_open(DISTRICT)
    town.top_up(1)
    keep_up(DISTRICT)
    assert head_number(DISTRICT) == 1
    own.restart()
    assert code_of(lambda: town.top_up(1)) == "ledger_closed"
    keep_up(DISTRICT)
    assert is_open(DISTRICT)
    assert town.top_up(1).number == 2


def test_a_district_that_does_not_match_stays_closed_and_is_told(alone: Flask, own: Valkey) -> None:
    with transaction() as session:
        session.add(JournalHead(district=DISTRICT, number=5, hash="f" * 40, sha256="0" * 64))
    refused = open_all()
    assert {district: refusal.code for district, refusal in refused.items()} == {DISTRICT: "ledger_behind"}
    assert not is_open(DISTRICT)


def test_a_follower_copies_what_comes_and_outlives_a_kill_of_the_server(alone: Flask, own: Valkey) -> None:
    ended = threading.Event()
    follower = threading.Thread(target=_follow, args=(alone, WITHOUT_PAUSE, DISTRICT, ended))
    follower.start()
    try:
        town = Town(ledger(DISTRICT), alone.extensions["civic_clock"])
        post_until_taken(town, 3)
        own.restart()
        post_until_taken(town, 3)
        wait_for(lambda: head_number(DISTRICT) == ledger(DISTRICT).head().number)
    finally:
        ended.set()
        follower.join()
    assert head_number(DISTRICT) == 6


def post_until_taken(town: Town, times: int) -> None:
    for _ in range(times):
        while True:
            try:
                town.top_up(1)
                break
            except Refused as refused:
                assert refused.code in {"ledger_closed", "ledger_unreachable"}  # noqa: PT017 - both pass by themselves


def wait_for(holds: Callable[[], bool]) -> None:
    """The test's own time limit ends a wait for what never comes."""
    while not holds():
        db.session.rollback()


def test_following_for_long_opens_no_more_connections(alone: Flask) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    project_all(DISTRICT)
    gc.collect()  # what earlier tests forgot is closed now, and not meanwhile
    before = descriptors()
    for _ in range(50):
        stream(DISTRICT).read(0)
        project_all(DISTRICT)
    assert descriptors() <= before
