"""One side is deleted and made again from the other: Redis from SQL alone, SQL from the stream, both from files."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import delete

from backend.journal import archive, rebuilding, service
from backend.journal.check import compare
from backend.journal.models import JournalArchive, JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import project_all
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, transaction
from backend.wiring import ledger
from points.clock import FixedClock
from points.errors import Refused
from points.ledger import connect
from points.ledger.memory import MemoryLedger
from points.ledger.transfer import AdjustStock, Capture, Command, Earn, Hold, Release, SetOffer, TopUp
from tests.app import DISTRICT
from tests.points.ledger.histories import History
from tests.servers import Valkey
from tests.waiting import until

ROUNDS = int(os.environ.get("ROUNDS", "100"))
ENTRIES = 10_000
AT_ONCE = 5_000
READ: dict[bytes, Callable[[redis.client.Pipeline, bytes], object]] = {
    b"string": lambda line, key: line.get(key),
    b"hash": lambda line, key: line.hgetall(key),
    b"set": lambda line, key: line.smembers(key),
    b"zset": lambda line, key: line.zrange(key, 0, -1, withscores=True),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def overrides(folder: Path) -> dict[str, dict[str, Any]]:
    """The stream is kept, so that the journal can be made of it; the archive is there."""
    return {"journal": {"trim": "never", "archive_dir": str(folder)}}


@pytest.fixture
def raw(ledger_server: Valkey, app: Flask) -> redis.Redis:
    return connect(ledger_server.socket)


def a_busy_time(entries: int, seed: int = 5) -> None:
    """Grants, redemptions, captures and cancellations of two hundred residents."""
    drawn, at = random.Random(seed), now()
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
    terms = SetOffer(fresh_id(), "tea", 3, ("teahouse",), at - timedelta(days=1), at + timedelta(days=60))
    ledger(DISTRICT).post(terms)
    ledger(DISTRICT).post(AdjustStock(fresh_id(), "tea", 10**6))
    year, soon = at + timedelta(days=365), at + timedelta(minutes=15)
    made: list[Command] = []
    open_holds: list[str] = []
    for _ in range(entries):
        resident, chance = f"r{drawn.randrange(200)}", drawn.random()
        if chance < 0.5 or len(made) < 400:
            made.append(Earn(fresh_id(), resident, "civic", drawn.randrange(5, 50), deed_at=at, expires_at=year))
        elif chance < 0.75 or not open_holds:
            made.append(Hold(fresh_id(), resident, "tea", 1, soon))
            open_holds.append(made[-1].id)
        elif chance < 0.9:
            made.append(Capture(fresh_id(), open_holds.pop(), "teahouse", "wei"))
        else:
            made.append(Release(fresh_id(), open_holds.pop(0)))
    ledger(DISTRICT).post_many(made)


def contents(client: redis.Redis) -> dict[bytes, object]:
    """Every key but the stream and the head. Read by type: a hash of the same fields may lie in memory otherwise."""
    keys = [key for key in client.keys("*") if not key.endswith((b":entries", b":head"))]
    found: dict[bytes, object] = {}
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        types, values = client.pipeline(False), client.pipeline(False)
        for key in some:
            types.type(key)
        for key, kind in zip(some, types.execute(), strict=True):
            READ[kind](values, key)
        found |= dict(zip(some, values.execute(), strict=True))
    return found


def rows() -> list[tuple[int, str, str]]:
    return [(entry.number, entry.hash, entry.text) for entry in service.entries(DISTRICT)]


def empty_the_journal() -> None:
    with transaction() as session:
        for model in (JournalLeg, JournalEntry, JournalHead):
            session.execute(delete(model))


def both_ways(raw: redis.Redis, entries: int) -> None:
    a_busy_time(entries)
    project_all(DISTRICT)
    head, kept, journal = ledger(DISTRICT).head(), contents(raw), rows()
    assert head.number > entries * 0.9
    empty_the_journal()
    began = time.monotonic()
    assert project_all(DISTRICT) == head.number
    copied = time.monotonic()
    assert rows() == journal
    raw.flushall()
    emptied = time.monotonic()
    assert rebuilding.rebuild(DISTRICT) == head
    rebuilt = time.monotonic()
    assert contents(raw) == kept
    assert compare(DISTRICT).holds
    took = f"books in {copied - began:.1f} s, ledger in {rebuilt - emptied:.1f} s"
    print(f"{head.number} entries, {len(kept)} keys: equal; {took}")


def test_redis_is_rebuilt_from_sql_alone_and_sql_from_the_stream(raw: redis.Redis) -> None:
    both_ways(raw, ENTRIES)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_a_long_journal_is_rebuilt_both_ways(raw: redis.Redis) -> None:
    both_ways(raw, ENTRIES * ROUNDS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_ledger_of_every_kind_of_entry_is_rebuilt_key_by_key(raw: redis.Redis, clock: FixedClock, seed: int) -> None:
    history = History(ledger(DISTRICT), MemoryLedger(DISTRICT, clock), clock, Counter())
    history.begin()
    drawn = random.Random(seed)
    for _ in range(150):
        history.step(*drawn.randbytes(4))
    project_all(DISTRICT)
    head, journal = ledger(DISTRICT).head(), rows()
    accounts = ledger(DISTRICT).accounts()
    assert compare(DISTRICT).holds
    raw.flushall()
    assert rebuilding.rebuild(DISTRICT) == head
    assert (ledger(DISTRICT).accounts(), rows()) == (accounts, journal)
    assert compare(DISTRICT).holds


def test_a_rebuild_that_was_broken_off_is_finished_by_catching_up(raw: redis.Redis) -> None:
    a_busy_time(3000)
    project_all(DISTRICT)
    head, kept = ledger(DISTRICT).head(), contents(raw)
    raw.flushall()

    class PowerCut(Exception):  # noqa: N818 - what happens, not what went wrong
        """The command is killed in the middle."""

    def cut(done: int, total: int) -> None:
        if done >= total // 2:
            raise PowerCut

    with pytest.raises(PowerCut):
        rebuilding.rebuild(DISTRICT, cut)
    assert 0 < ledger(DISTRICT).head().number < head.number
    with pytest.raises(Refused) as refused:
        ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 1))
    assert refused.value.code == "ledger_closed"
    assert rebuilding.catch_up(DISTRICT) == head
    assert contents(raw) == kept
    assert compare(DISTRICT).holds


def test_an_archive_made_under_load_restores_both_sides_on_an_empty_machine(
    app: Flask, raw: redis.Redis, folder: Path
) -> None:
    a_busy_time(500)
    ended = threading.Event()

    def load() -> None:
        with app.app_context():
            at = now()
            while not ended.is_set():
                grant = Earn(fresh_id(), "lin", "civic", 1, deed_at=at, expires_at=at + timedelta(days=9))
                ledger(DISTRICT).post(grant)

    loading = threading.Thread(target=load)
    loading.start()
    reached: list[int] = []
    try:
        for _ in range(5):
            until(lambda: ledger(DISTRICT).head().number > max(reached, default=0))  # postings go on beside this
            project_all_once()
            reached.append(archive.carry_on(DISTRICT))
    finally:
        ended.set()
        loading.join()
    assert reached == sorted(set(reached))  # it grew each time, while postings went on
    project_all(DISTRICT)
    head, journal = ledger(DISTRICT).head(), rows()
    archive.carry_on(DISTRICT)
    raw.flushall()
    empty_the_journal()
    with transaction() as session:
        session.execute(delete(JournalArchive))
    assert archive.restore(DISTRICT, folder) == head.number
    assert rebuilding.rebuild(DISTRICT) == head
    assert rows() == journal
    assert compare(DISTRICT).holds


def project_all_once() -> None:
    from backend.journal.projector import project

    project(DISTRICT)
    db.session.rollback()
