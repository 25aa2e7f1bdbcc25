"""Level `journal`: an answer means that the books have the entry too."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from backend.journal import commits, following
from backend.journal.following import keep_up
from backend.journal.models import JournalEntry, JournalHead
from backend.journal.projector import head_number
from backend.kit.db import db, transaction
from backend.wiring import parts, stream
from points.errors import Refused
from points.ledger import Ledger
from tests.app import DISTRICT
from tests.points.ledger.town import Town


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"redis": {"level": "journal", "wait_seconds": 5.0}}


def count() -> int:
    return int(db.session.scalar(select(func.count()).select_from(JournalEntry)) or 0)


def transactions() -> int:
    """How many transactions wrote the journal's entries, by PostgreSQL's own mark of each row."""
    return int(db.session.scalar(text("SELECT count(DISTINCT xmin::text) FROM journal_entry")) or 0)


def test_what_was_answered_is_in_the_journal(town: Town) -> None:
    assert count() == 3
    town.earn("lin", 7)
    db.session.rollback()
    assert count() == 4


def test_a_repeated_request_is_answered_when_it_is_journaled_too(town: Town) -> None:
    command = town.earning("lin", 7)
    assert town.ledger.post(command).replayed is False
    assert town.ledger.post(command).replayed is True


def test_many_postings_share_commits(app: Flask, town: Town) -> None:
    answered: list[int] = []
    commits: list[object] = []
    start = threading.Barrier(16)

    def post() -> None:
        with app.app_context():
            start.wait()
            for _ in range(10):
                number = town.earn("lin", 1).number
                assert head_number(DISTRICT) >= number
                answered.append(number)
                db.session.rollback()

    def committed(connection: object) -> None:
        commits.append(connection)

    event.listen(db.engine, "commit", committed)
    threads = [threading.Thread(target=post) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    event.remove(db.engine, "commit", committed)
    shared = transactions() if db.engine.dialect.name == "postgresql" else len(commits)
    print(f"{len(answered)} postings in {shared} commits")
    assert sorted(answered) == list(range(4, 164))
    assert count() == 163
    assert 0 < shared < len(answered) / 3


def test_a_posting_inside_a_transaction_is_journaled_by_its_commit(town: Town) -> None:
    with transaction():
        number = town.earn("lin", 7).number
        assert head_number(DISTRICT) == number
    assert count() == number


def test_a_posting_inside_a_transaction_that_is_undone_is_copied_later(town: Town) -> None:
    class Undone(Exception):  # noqa: N818 - what happens, not what went wrong
        """The use case ends without its commit."""

    command = town.earning("lin", 7)

    def use() -> None:
        with transaction():
            town.ledger.post(command)
            raise Undone

    with pytest.raises(Undone):
        use()
    assert count() == 3
    assert town.ledger.post(command).replayed is True
    db.session.rollback()
    assert count() == 4


def test_an_entry_that_cannot_be_journaled_is_not_answered_yet(app: Flask, town: Town) -> None:
    with transaction() as session:
        session.execute(text("UPDATE journal_head SET hash = 'f'"))
    town.ledger._safe._seconds = 0.3
    command = town.earning("lin", 7)
    with pytest.raises(Refused) as refused:
        town.ledger.post(command)
    assert (refused.value.code, refused.value.kind.retry) == ("not_yet_durable", True)
    with pytest.raises(Refused) as refused:
        town.ledger.post(command)
    assert refused.value.code in {"ledger_closed", "not_yet_durable"}
    assert db.session.get_one(JournalHead, DISTRICT).number == 3


def test_the_stream_is_trimmed_behind_the_commits_of_the_level_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "TRIM_SECONDS", 0.0)
    town.earn("lin", 7)
    give_up_at = time.monotonic() + 10
    while stream(DISTRICT).length():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    assert count() == 4


def test_who_stops_lets_the_books_go_at_once(app: Flask, town: Town) -> None:
    town.earn("lin", 7)
    (committer,) = app.extensions["civic_committers"].values()
    thread = committer._thread
    assert thread is not None
    began = time.monotonic()
    commits.stop(app)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    town.earn("lin", 7)  # who commits again, begins again
    assert count() == 5


def test_books_that_die_when_they_are_let_go_do_not_end_the_thread_that_commits(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.earn("lin", 7)
    (committer,) = app.extensions["civic_committers"].values()
    thread, remove, died = committer._thread, db.session.remove, threading.Event()

    def die() -> None:
        remove()
        if threading.current_thread() is thread and not died.is_set():
            died.set()
            raise OperationalError("ROLLBACK", None, Exception("terminating connection due to unexpected exit"))

    monkeypatch.setattr(db.session, "remove", die)
    monkeypatch.setattr(commits, "TRIM_SECONDS", 0.0)  # where copying needs no session, trimming does
    town.ledger._safe._seconds = 0.3
    command = town.earning("lin", 7)
    with suppress(Refused):  # it was committed, and could not be told
        town.ledger.post(command)
    town.ledger._safe._seconds = 5.0
    assert town.ledger.post(command).replayed
    assert died.wait(5)
    assert committer._thread is thread
    assert thread.is_alive()


def test_who_comes_while_the_thread_leaves_is_waited_on(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It idled long enough to go, and puts its things away."""
    leaving, trim = threading.Event(), commits.trimming.after_copy

    def slowly(district: str) -> int:
        trimmed = trim(district)
        leaving.set()
        time.sleep(0.2)
        return trimmed

    town.earn("lin", 7)
    monkeypatch.setattr(commits.trimming, "after_copy", slowly)
    monkeypatch.setattr(commits, "_IDLE_SECONDS", 0.01)
    town.earn("lin", 7)
    for _ in range(3):
        assert leaving.wait(5)
        leaving.clear()
        town.earn("lin", 7)
    assert count() == 8
    commits.stop(app)


def test_nobody_is_kept_who_waits_no_longer(app: Flask, town: Town) -> None:
    """Books that hang for hours must not fill the memory with those who gave up."""
    town.earn("lin", 7)
    (committer,) = app.extensions["civic_committers"].values()
    committer._serve = lambda: time.sleep(0.5)
    town.ledger._safe._seconds = 0.01
    for _ in range(20):
        with pytest.raises(Refused, match=r"^not_yet_durable$"):
            town.earn("lin", 7)
    assert committer._waiting == []
    del committer._serve
    town.ledger._safe._seconds = 5.0
    town.earn("lin", 7)
    assert count() == 25


def test_the_workers_round_leaves_entries_to_those_who_wait_for_them(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[str] = []
    monkeypatch.setattr(following, "project", lambda district: rounds.append(district) or 0)
    monkeypatch.setattr(following, "WAIT_SECONDS", 0.01)
    town.earn("lin", 7)
    assert (keep_up(DISTRICT), rounds, count()) == (0, [], 4)


def test_the_workers_round_copies_what_nobody_waits_for_any_more(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who posted it was killed before its wait: here, one that does not wait at all."""
    monkeypatch.setattr(following, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(following, "LEFT_SECONDS", 0.01)
    apart = Ledger(parts().ledger_client, DISTRICT, town.clock, skew_limit_seconds=None)
    apart.post(town.earning("lin", 7))
    assert (keep_up(DISTRICT), count()) == (1, 4)
