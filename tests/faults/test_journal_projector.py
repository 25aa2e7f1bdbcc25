"""kill -9 of projectors at every step of a copy: each entry is in the journal once, none skipped, the chain whole.

A child process copies and is killed at a named step; another copies beside it undisturbed. The control trims the stream
before the commit, which must lose entries, and must be found.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from backend.journal import projector, service, trimming
from backend.journal.check import compare
from backend.journal.models import JournalEntry, JournalLeg
from backend.journal.projector import project_all
from backend.kit.clock import fresh_id, now
from backend.kit.db import db
from backend.wiring import ledger, stream
from points.clock import FixedClock
from points.errors import Refused
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT, build
from tests.servers import Valkey

ROUNDS = int(os.environ.get("ROUNDS", "100"))
STEPS = ("before the rows", "between rows and legs", "before the commit", "after the commit", "after the trim")


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def lie_in_wait(step: str) -> None:
    """Arm this process to be killed at a step of its next copy."""
    if step == "before the rows":
        projector.insert_entries = die
    elif step == "between rows and legs":
        from backend.journal import rows

        whole, called = rows._insert, []

        def half(*given: Any) -> None:
            if called:
                die()
            called.append(1)
            whole(*given)

        rows._insert = half
    elif step == "before the commit":
        event.listen(db.session, "before_commit", die)
    elif step == "after the commit":
        event.listen(db.session, "after_commit", die)
    elif step == "after the trim":
        trim = trimming.after_copy

        def trim_and_die(district: str) -> int:
            trim(district)
            die()
            return 0

        trimming.after_copy = trim_and_die


def in_a_child(make: Callable[[], Flask], step: str | None) -> int:
    """Copy in a process of its own; answers its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        with make().app_context():
            if step is not None:
                lie_in_wait(step)
            project_all(DISTRICT)
    finally:
        os._exit(0)


def killed(pid: int) -> bool:
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture
def make(
    app: Flask, database_url: str, ledger_server: Valkey, cache_server: Valkey, tmp_path: Path, clock: FixedClock
) -> Callable[[], Flask]:
    """Makes the application again, for a process that shares nothing with this one."""
    return lambda: build(database_url, ledger_server.url, cache_server.url, tmp_path, clock, {})


def post(count: int) -> None:
    at = now()
    year = at + timedelta(days=365)
    grants = [Earn(fresh_id(), f"r{n % 7}", "civic", 1, deed_at=at, expires_at=year) for n in range(count)]
    assert all(not isinstance(answer, Refused) for answer in ledger(DISTRICT).post_many(grants))


def kill_projectors(make: Callable[[], Flask], wanted: int) -> None:
    """A projector beside which another was quicker finds nothing to copy and ends by itself: it does not count."""
    drawn, kills, turn = random.Random(7), Counter[str](), 0
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
    while kills.total() < wanted or not all(kills[step] for step in STEPS):
        turn += 1
        assert turn <= 3 * wanted, kills
        post(drawn.randrange(1, 60))
        db.session.remove()
        db.engine.dispose()  # a child that is killed must not take a connection of ours with it
        step = STEPS[turn % len(STEPS)]
        victim = in_a_child(make, step)
        other = in_a_child(make, None) if drawn.random() < 0.4 else None
        kills[step] += killed(victim)
        if other is not None:
            assert not killed(other)
    project_all(DISTRICT)
    numbers = list(db.session.scalars(select(JournalEntry.number).order_by(JournalEntry.number)))
    assert numbers == list(range(1, ledger(DISTRICT).head().number + 1))
    assert db.session.scalar(select(func.count()).select_from(JournalLeg)) == 2 * len(numbers)
    assert service.first_broken_entry(DISTRICT) is None
    assert compare(DISTRICT).holds
    print(f"{kills.total()} of {turn} projectors killed, {len(numbers)} entries, each once; {dict(kills)}")
    assert len(numbers) > 15 * wanted


def test_kill_9_of_projectors_skips_no_entry_and_doubles_none(make: Callable[[], Flask]) -> None:
    kill_projectors(make, 10)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_projectors_skip_no_entry_and_double_none(make: Callable[[], Flask]) -> None:
    kill_projectors(make, 10 * ROUNDS)


def test_a_projector_that_trims_before_its_commit_loses_entries_and_is_found_out(make: Callable[[], Flask]) -> None:
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
    project_all(DISTRICT)
    post(3)
    db.session.remove()
    db.engine.dispose()
    pid = os.fork()
    if not pid:
        try:
            with make().app_context():
                stream(DISTRICT).trim(stream(DISTRICT).read(0)[-1].number)
                die()
        finally:
            os._exit(0)
    assert killed(pid)
    post(1)
    with pytest.raises(Refused) as refused:
        project_all(DISTRICT)
    assert (refused.value.code, refused.value.details["number"]) == ("journal_chain_broken", 2)
    assert not compare(DISTRICT).holds
