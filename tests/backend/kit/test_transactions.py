"""All or nothing, once per use case; nothing leaves before the commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy.exc import StatementError

from backend.kit import pace
from backend.kit.clock import now
from backend.kit.db import after_commit, after_rollback, db, find, rows, transaction
from backend.kit.pace import DayCount
from backend.residents.models import Resident
from points.errors import Category, Kind, Refused
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast

FULL = Kind("full", Category.TOO_MANY, zh="满了。", en="Full.")


def count(what: str = "thing", most: int = 1000) -> None:
    pace.count_one(DISTRICT, "resident:x", what, most=most, refusal=FULL)


def counted(what: str = "thing") -> int:
    return pace.done_today(DISTRICT, "resident:x", what)


class CutError(Exception):
    """The test's own end of a transaction."""


def test_what_is_in_a_transaction_is_committed_together(app: Flask) -> None:
    with transaction():
        count("one")
        count("other")
    db.session.remove()
    assert (counted("one"), counted("other")) == (1, 1)


def test_an_error_undoes_the_whole(app: Flask) -> None:
    def cut() -> None:
        with transaction():
            count("one")
            raise CutError

    with pytest.raises(CutError):
        cut()
    db.session.remove()
    assert counted("one") == 0


def test_a_transaction_inside_another_joins_it(app: Flask) -> None:
    def cut() -> None:
        with transaction():
            with transaction():
                count("inner")
            raise CutError

    with pytest.raises(CutError):
        cut()
    assert counted("inner") == 0
    with transaction(), transaction():
        count("inner")
    assert counted("inner") == 1


def test_hooks_run_after_the_commit_and_only_then(app: Flask) -> None:
    told: list[str] = []
    with transaction():
        with transaction():
            after_commit(lambda: told.append("committed"))
            after_rollback(lambda: told.append("rolled back"))
        assert told == []
    assert told == ["committed"]


def test_undoing_hooks_run_backwards_after_a_rollback_and_only_then(app: Flask) -> None:
    told: list[str] = []

    def cut() -> None:
        with transaction():
            after_commit(lambda: told.append("committed"))
            after_rollback(lambda: told.append("first"))
            after_rollback(lambda: told.append("second"))
            raise CutError

    with pytest.raises(CutError):
        cut()
    assert told == ["second", "first"]
    with transaction():
        pass
    assert told == ["second", "first"]


def test_a_hook_may_open_a_transaction_of_its_own(app: Flask) -> None:
    def follow() -> None:
        with transaction():
            count("followed")

    with transaction():
        after_commit(follow)
    assert counted("followed") == 1


@pytest.mark.parametrize("hook", [after_commit, after_rollback])
def test_a_hook_needs_a_transaction(app: Flask, hook: object) -> None:
    with pytest.raises(RuntimeError):
        hook(lambda: None)


def test_rows_changed_outside_a_transaction_are_a_fault(cast: Cast) -> None:
    resident = find(Resident, DISTRICT, cast.resident().id)
    resident.street = "370112002"

    def write() -> None:
        with transaction():
            count()

    with pytest.raises(RuntimeError, match="outside"):
        write()
    db.session.rollback()
    assert counted() == 0


def test_writers_at_once_lose_no_write(app: Flask) -> None:
    def write(_: int) -> None:
        with app.app_context(), transaction():
            count()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    assert counted() == 40
    assert len(db.session.scalars(rows(DayCount, DISTRICT)).all()) == 1


def test_a_limit_holds_against_writers_at_once(app: Flask) -> None:
    def write(_: int) -> bool:
        with app.app_context():
            try:
                with transaction():
                    count(most=5)
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(20))) == 5
    assert counted() == 5


def test_a_row_of_another_district_is_not_found(cast: Cast) -> None:
    resident = cast.resident()
    assert find(Resident, DISTRICT, resident.id).id == resident.id
    with pytest.raises(Refused) as refused:
        find(Resident, OTHER_DISTRICT, resident.id)
    assert refused.value.code == "not_found"


def test_an_id_that_cannot_be_is_not_found(app: Flask) -> None:
    for identifier in ("", "\x00", "x" * 37, "a\nb", "' OR 1=1 --", "\ud800"):
        with pytest.raises(Refused) as refused:
            find(Resident, DISTRICT, identifier)
        assert refused.value.code == "not_found"


def test_a_time_without_a_zone_is_not_stored(cast: Cast) -> None:
    resident = cast.resident()

    def write() -> None:
        with transaction():
            find(Resident, DISTRICT, resident.id).created_at = datetime(2026, 1, 1)  # noqa: DTZ001 - the point

    with pytest.raises((StatementError, ValueError), match="aware"):
        write()


def test_times_come_back_in_utc(cast: Cast) -> None:
    resident = cast.resident()
    db.session.remove()
    stored = find(Resident, DISTRICT, resident.id).created_at
    assert (stored, stored.tzinfo) == (now(), UTC)
