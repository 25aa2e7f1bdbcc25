"""The journal: every ledger entry once, in order, and found when it was touched."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, func, select, update

from backend.journal import service
from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import project, project_all
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, engine_options, transaction
from backend.wiring import ledger
from points.errors import Refused
from points.ledger import chart
from points.ledger.transfer import Earn, TopUp
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast


def earn(resident: str, amount: int) -> None:
    at = now()
    ledger(DISTRICT).post(Earn(fresh_id(), resident, "civic", amount, deed_at=at, expires_at=at + timedelta(days=365)))


@pytest.fixture
def resident(app: Flask) -> str:
    """Somebody with 30 points in three grants."""
    identifier = fresh_id()
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 1000))
    for _ in range(3):
        earn(identifier, 10)
    return identifier


def count(model: type) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def test_every_entry_is_copied_once_with_its_legs(resident: str) -> None:
    assert project_all(DISTRICT) == 4
    assert project_all(DISTRICT) == 0
    assert (count(JournalEntry), count(JournalLeg)) == (4, 8)
    assert service.head_number(DISTRICT) == ledger(DISTRICT).head().number


def test_the_legs_of_all_entries_sum_to_zero(resident: str) -> None:
    project_all(DISTRICT)
    assert db.session.scalar(select(func.sum(JournalLeg.amount))) == 0


def test_a_statement_is_newest_first_and_paged(resident: str) -> None:
    project_all(DISTRICT)
    first = service.statement(DISTRICT, chart.resident(resident), limit=2)
    rest = service.statement(DISTRICT, chart.resident(resident), int(first.next_cursor or 0), 2)
    assert [line.balance for line in first.items + rest.items] == [30, 20, 10]
    assert rest.next_cursor is None


def test_a_statement_stays_in_its_district(resident: str) -> None:
    project_all(DISTRICT)
    assert service.statement(OTHER_DISTRICT, chart.resident(resident)).items == []


def test_many_projectors_at_once_copy_each_entry_once(app: Flask, resident: str) -> None:
    for _ in range(40):
        earn(resident, 1)
    faults: list[BaseException] = []

    def copy() -> None:
        with app.app_context():
            try:
                while project(DISTRICT, batch=3):
                    pass
            except BaseException as fault:  # noqa: BLE001 - told to the test below
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=copy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    numbers = list(db.session.scalars(select(JournalEntry.number).order_by(JournalEntry.number)))
    assert numbers == list(range(1, 45))
    assert service.first_broken_entry(DISTRICT) is None


def test_a_copy_that_is_rolled_back_is_made_again(resident: str) -> None:
    class PowerCut(Exception):  # noqa: N818 - what happens, not what went wrong
        """The process ends between the copy and its commit."""

    def cut() -> None:
        with transaction():
            project(DISTRICT)
            raise PowerCut

    with pytest.raises(PowerCut):
        cut()
    assert count(JournalEntry) == 0
    assert project_all(DISTRICT) == 4


def test_the_journal_stops_where_the_stream_does_not_follow(resident: str) -> None:
    project_all(DISTRICT)
    with transaction() as session:
        session.execute(update(JournalHead).values(hash="f" * 40))
    earn(resident, 1)
    with pytest.raises(Refused) as refused:
        project_all(DISTRICT)
    assert (refused.value.code, refused.value.details["number"]) == ("journal_chain_broken", 5)
    assert count(JournalEntry) == 4


@pytest.mark.parametrize("number", [1, 2, 4])
def test_an_edited_leg_is_found_by_its_number(resident: str, number: int) -> None:
    project_all(DISTRICT)
    with transaction() as session:
        session.execute(update(JournalLeg).where(JournalLeg.number == number).values(balance=JournalLeg.balance + 1))
    assert service.first_broken_entry(DISTRICT) == number


def test_an_edited_text_is_found_by_its_number(resident: str) -> None:
    project_all(DISTRICT)
    with transaction() as session:
        text = func.replace(JournalEntry.text, "civic", "other")
        session.execute(update(JournalEntry).where(JournalEntry.number == 3).values(text=text))
    assert service.first_broken_entry(DISTRICT) == 3


def test_a_deleted_last_entry_is_found(resident: str) -> None:
    project_all(DISTRICT)
    with transaction() as session:
        session.execute(delete(JournalLeg).where(JournalLeg.number == 4))
        session.execute(delete(JournalEntry).where(JournalEntry.number == 4))
    assert service.first_broken_entry(DISTRICT) == 4


def test_residents_see_only_their_own_statement(cast: Cast) -> None:
    one, other = cast.resident(), cast.resident("何处暑")
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 1000))
    earn(one.id, 7)
    project_all(DISTRICT)
    assert [line["amount"] for line in one.get("/me/statement").json["items"]] == [7]
    assert other.get("/me/statement").json["items"] == []


def test_times_are_kept_in_utc_whatever_the_databases_own_zone_is(postgres_url: str) -> None:
    """Entries are sent as text without a zone; a server in the district's own zone must not read it as its time."""
    server = create_engine(postgres_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.exec_driver_sql(f"ALTER DATABASE \"{server.url.database}\" SET timezone TO 'Asia/Shanghai'")
    server.dispose()
    engine = create_engine(postgres_url, **engine_options(postgres_url))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    engine.dispose()
