"""Before postings are taken: what others copy, trim and post between two looks is told from a fork."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from backend.journal import epochs, opening, rebuilding
from backend.journal.models import JournalHead
from backend.journal.opening import match, open_ledger
from backend.journal.projector import head, project, project_all
from backend.kit.db import db, transaction
from backend.wiring import stream
from points.errors import Refused
from points.ledger import Head
from tests.app import DISTRICT
from tests.points.ledger.town import Town, refused

Happens = Callable[[], object]


def elsewhere(app: Flask, work: Happens) -> None:
    """Done by somebody with a session of their own, to the end."""

    def run() -> None:
        with app.app_context():
            work()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.fixture
def after_first_look(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Happens], list[Head]]:
    """Lets something happen right after the journal's head was read for the first time; what was read stands there."""

    def arrange(work: Happens) -> list[Head]:
        seen: list[Head] = []

        def look(district: str) -> Head:
            seen.append(found := head(district))
            if len(seen) == 1:
                elsewhere(app, work)
            return found

        monkeypatch.setattr(opening, "head", look)
        return seen

    return arrange


@pytest.mark.parametrize("judge", [match, open_ledger])
def test_what_another_projector_has_copied_and_trimmed_meanwhile_is_no_fork(
    town: Town, after_first_look: Callable[[Happens], list[Head]], judge: Callable[[str], object]
) -> None:
    assert project(DISTRICT, 1) == 1
    seen = after_first_look(lambda: project_all(DISTRICT))
    judge(DISTRICT)
    assert [found.number for found in seen] == [1, 3]
    assert stream(DISTRICT).length() == 0


@pytest.mark.parametrize("judge", [match, open_ledger])
def test_what_is_copied_trimmed_and_posted_all_the_while_is_no_fork(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch, judge: Callable[[str], object]
) -> None:
    seen: list[int] = []

    def look(district: str) -> Head:
        seen.append((found := head(district)).number)
        if len(seen) < 4:
            town.earn()
            elsewhere(app, lambda: project_all(DISTRICT))
        return found

    monkeypatch.setattr(opening, "head", look)
    judge(DISTRICT)
    assert seen == [0, 4, 5, 6]


@pytest.mark.parametrize("judge", [match, open_ledger])
def test_a_fork_is_refused_though_the_journal_moved_between_two_looks(
    town: Town, after_first_look: Callable[[Happens], list[Head]], judge: Callable[[str], object]
) -> None:
    """Another's entries came into the journal: they are not those of this ledger."""
    assert project(DISTRICT, 1) == 1

    def forks() -> None:
        project_all(DISTRICT)
        with transaction() as session:
            session.get_one(JournalHead, DISTRICT).hash = "f" * 40

    after_first_look(forks)
    with refused("ledger_forked"):
        judge(DISTRICT)


def test_what_was_posted_and_copied_between_two_looks_is_not_caught_up_with(
    town: Town, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger's head was read before it: no ledger was behind, and no epoch begins."""
    project_all(DISTRICT)
    looked, look = 0, rebuilding._state_and_head

    def slowly(district: str) -> tuple[str, Head]:
        nonlocal looked
        found, looked = look(district), looked + 1
        if looked == 1:
            town.earn()
            elsewhere(app, lambda: project_all(DISTRICT))
        return found

    monkeypatch.setattr(rebuilding, "_state_and_head", slowly)
    assert rebuilding.catch_up(DISTRICT).number == 4
    assert epochs.current(DISTRICT) == 0


def test_refused_is_what_the_first_look_found_when_nothing_moved(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    project_all(DISTRICT)
    monkeypatch.setattr(opening, "head", lambda district: Head(3, "f" * 40))
    for judge in (match, open_ledger):
        with pytest.raises(Refused) as found:
            judge(DISTRICT)
        assert found.value.code == "ledger_forked"
