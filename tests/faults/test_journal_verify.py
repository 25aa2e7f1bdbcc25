"""`verify` beside postings, while a projector copies and trims: it ends, finds nothing, and closes nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from time import monotonic

import pytest
import redis
from flask import Flask

from backend.journal.check import compare
from backend.journal.opening import keep_open
from backend.journal.projector import project, project_all
from backend.kit.clock import fresh_id, now
from backend.kit.db import db
from backend.wiring import ledger, stream
from points.ledger.transfer import Command, Earn, TopUp
from tests.app import DISTRICT
from tests.waiting import until

ROUNDS = int(os.environ.get("ROUNDS", "100"))


def grants(many: int) -> list[Command]:
    at = now()
    year = at + timedelta(days=365)
    return [Earn(fresh_id(), f"r{n % 300}", "civic", 1, deed_at=at, expires_at=year) for n in range(many)]


class Busy:
    """One thread posts, another copies and trims, both without a pause."""

    def __init__(self, app: Flask) -> None:
        self._app, self._ended = app, threading.Event()
        self.posted, self.trouble = 0, list[BaseException]()

    @contextmanager
    def beside(self, expected: str | None = None) -> Iterator[None]:
        threads = [threading.Thread(target=self._live, args=(work,)) for work in (self._post, self._copy)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()
        assert {getattr(trouble, "code", trouble) for trouble in self.trouble} == ({expected} if expected else set())

    def _live(self, work: object) -> None:
        with self._app.app_context():
            while not self._ended.is_set() and not self.trouble:
                try:
                    work()
                except BaseException as trouble:  # noqa: BLE001 - told by the test's own thread
                    self.trouble.append(trouble)
            db.session.remove()

    def _post(self) -> None:
        for command in grants(4):
            ledger(DISTRICT).post(command)
            self.posted += 1

    def _copy(self) -> None:
        project(DISTRICT, 50)
        db.session.rollback()
        self._ended.wait(0.005)  # whoever reads SQLite is let in


def beside_postings(app: Flask, proofs: int) -> None:
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
    ledger(DISTRICT).post_many(grants(2000))
    project_all(DISTRICT)
    assert stream(DISTRICT).length() == 0  # all is trimmed behind the commit
    busy, followed = Busy(app), 0
    with busy.beside():
        give_up_at = monotonic() + 60
        for number in count():
            if number >= proofs and (followed > 2 * proofs or monotonic() > give_up_at):
                break  # enough was posted beside so many
            began = ledger(DISTRICT).head().number
            found = compare(DISTRICT, closes=True)
            assert found.holds, found.line
            assert found.proof is not None
            followed += found.proof.entries - began
    keep_open(DISTRICT)
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 1))
    project_all(DISTRICT)
    assert compare(DISTRICT, closes=True).holds
    print(f"{proofs} proofs beside {busy.posted} postings; {followed} entries came while they were made")
    assert followed > 2 * proofs


def test_the_books_are_proved_while_postings_are_made_copied_and_trimmed(app: Flask) -> None:
    beside_postings(app, 3)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_the_books_are_proved_again_and_again_while_postings_are_made(app: Flask) -> None:
    beside_postings(app, ROUNDS)


def test_an_edited_balance_is_found_and_closes_the_ledger_in_the_midst_of_postings(
    app: Flask, fresh_redis: redis.Redis
) -> None:
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 10**9))
    ledger(DISTRICT).post_many(grants(600))
    project_all(DISTRICT)
    fresh_redis.hset(f"{{d:{DISTRICT}}}:accounts", "merchant:ghost", 1)
    busy = Busy(app)
    with busy.beside(expected="ledger_closed"):
        assert not compare(DISTRICT, closes=True).holds
        until(lambda: busy.trouble)  # the next posting finds it closed
