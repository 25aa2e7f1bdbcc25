"""One statement that adds entries to the journal on PostgreSQL: it adds what the long way would, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from backend.journal import at_once, commits
from backend.journal.at_once import Lane
from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.journal.projector import carry_on, head_number, project, project_all
from backend.journal.service import first_broken_entry
from backend.kit.db import Base, db, transaction
from backend.wiring import ledger, parts, stream
from points.clock import FixedClock
from points.ledger import Awaited, Ledger
from points.ledger import transfer as t
from points.ledger.awaited import hand_in
from tests.app import DISTRICT, databases
from tests.backend.journal.test_opening import elsewhere
from tests.points.ledger.town import Town

pytestmark = pytest.mark.parametrize(
    "database_url", [kind for kind in databases() if kind == "postgresql"], indirect=True
)
MODELS: Sequence[type[Base]] = (JournalHead, JournalEntry, JournalLeg)


@pytest.fixture
def lane(app: Flask) -> Iterator[Lane]:
    made = Lane(db.engine, stream(DISTRICT), DISTRICT)
    yield made
    made.close()


def nothing() -> None:
    """Nobody does anything between reading and writing."""


def rows() -> list[list[tuple[Any, ...]]]:
    db.session.rollback()
    tables = [model.__table__ for model in MODELS]
    return [sorted(map(tuple, db.session.execute(select(table)))) for table in tables]


def begin(district: str = DISTRICT) -> None:
    """A journal that has a head, and nothing else."""
    with transaction() as session:
        for model in MODELS:
            session.execute(delete(model))
        session.add(JournalHead(district=district, number=0, hash="0" * 40, sha256="0" * 64))


def test_its_rows_are_those_of_the_long_way(town: Town, lane: Lane) -> None:
    town.earn("lin", 70)
    town.earn("wang", 999)
    held = town.ledger.post(t.Hold(town.id(), "lin", "tea", 2, town.now + timedelta(minutes=5)))
    town.ledger.post(t.Capture(town.id(), held.id, "teahouse", "clerk", 31))
    begin()
    assert lane.copy(nothing) == 7
    quick = rows()
    assert first_broken_entry(DISTRICT) is None
    begin()
    assert len(carry_on(DISTRICT, 0).fresh) == 7
    assert rows() == quick


def test_any_text_arrives_as_it_is(lane: Lane) -> None:
    odd = ['"', "\\", '\\"', "{a,b}", "", "NULL", "a\tb\nc", "林小满，你好", " x "]
    assert lane._connection().execute("SELECT %s::text[]", (at_once._array(odd),)).fetchone() == (odd,)


def test_a_journal_without_a_head_is_left_to_the_long_way(town: Town, lane: Lane) -> None:
    assert lane.copy(nothing) is None
    project_all(DISTRICT)
    assert lane.copy(nothing) == 3


@pytest.mark.parametrize("first", [1, 2, 3])
def test_what_others_add_before_it_is_left_out(app: Flask, town: Town, lane: Lane, first: int) -> None:
    begin()
    assert lane.copy(lambda: elsewhere(app, lambda: project(DISTRICT, first))) == 3
    assert [len(table) for table in rows()] == [1, 3, len(rows()[2])]
    assert first_broken_entry(DISTRICT) is None


def test_others_may_have_gone_further(app: Flask, town: Town, lane: Lane) -> None:
    begin()

    def goes_on() -> None:
        town.earn()
        elsewhere(app, lambda: project_all(DISTRICT))

    assert lane.copy(goes_on) == 4
    town.earn()
    assert lane.copy(nothing) == 5
    assert first_broken_entry(DISTRICT) is None


def test_what_others_added_and_trimmed_is_gone_on_from(app: Flask, town: Town, lane: Lane) -> None:
    begin()
    assert lane.copy(nothing) == 3
    town.earn()
    elsewhere(app, lambda: project_all(DISTRICT))
    town.earn()
    assert [entry.number for entry in stream(DISTRICT).read(0)] == [5]
    assert lane.copy(nothing) == 5


@pytest.mark.parametrize("change", ["hash = 'f'", "sha256 = 'f'", "number = 7", "epoch = 1"])
def test_nothing_is_added_to_a_head_that_does_not_lead_here(app: Flask, town: Town, lane: Lane, change: str) -> None:
    begin()

    def changes() -> None:
        with transaction() as session:
            session.execute(text(f"UPDATE journal_head SET {change}"))

    found = lane.copy(lambda: elsewhere(app, changes))
    assert found == (7 if "number" in change else None)  # who is further on tells so; the next copy follows from there
    assert [len(table) for table in rows()] == [1, 0, 0]


def test_a_gap_in_the_stream_and_an_untrue_hash_are_left_to_the_long_way_to_name(town: Town, lane: Lane) -> None:
    begin()
    key = ledger(DISTRICT).keys.stream
    ledger(DISTRICT).wire.ask("XDEL", key, "2-0")
    assert lane.copy(nothing) is None
    _, (first, third) = stream(DISTRICT).written(0)
    known = at_once.Known(0, "0" * 40, "0" * 64)
    assert at_once.follow(known, 0, [first, third]) is None
    assert at_once.follow(known, 0, [first._replace(hash="f" * 40)]) is None
    assert at_once.follow(known, 0, [first._replace(prev="f" * 40)]) is None
    assert at_once.follow(known, 0, [first]) is not None
    assert rows()[1] == []


def test_a_connection_that_was_ended_is_made_anew(town: Town, lane: Lane) -> None:
    begin()
    assert lane.copy(nothing) == 3
    town.earn()
    assert lane._line is not None
    db.session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": lane._line.info.backend_pid})
    db.session.rollback()
    with pytest.raises(psycopg.OperationalError):
        lane.copy(nothing)
    assert lane.copy(nothing) == 4


def test_many_lanes_and_projectors_side_by_side_add_each_entry_once(app: Flask, town: Town) -> None:
    begin()
    posting, faults = threading.Event(), list[Exception]()

    def copies(by_lane: bool) -> None:
        with app.app_context():
            mine = Lane(db.engine, stream(DISTRICT), DISTRICT)
            try:
                while not posting.is_set() or head_number(DISTRICT) < ledger(DISTRICT).head().number:
                    db.session.rollback()
                    mine.copy(nothing) if by_lane else project(DISTRICT)
            except Exception as fault:  # noqa: BLE001 - told below
                faults.append(fault)
            mine.close()
            db.session.remove()

    threads = [threading.Thread(target=copies, args=(turn % 3 > 0,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(150):
        town.earn("lin", 1)
    posting.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [row[1] for row in rows()[1]] == list(range(1, 154))
    assert first_broken_entry(DISTRICT) is None


def test_who_asks_after_the_entries_were_read_shares_the_commit(
    app: Flask, town: Town, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_all(DISTRICT)
    apart = Ledger(parts().ledger_client, DISTRICT, clock, skew_limit_seconds=None)
    first, second = (apart.post(town.earning()).number for _ in range(2))
    follow, add, sent, told = at_once.follow, Lane._add, list[int](), list[bool]()

    def is_journaled(number: int) -> bool:
        (entry,) = stream(DISTRICT).read(number - 1, 1)
        tray = commits.DistrictJournal(DISTRICT).tray()
        assert tray is not None
        awaited = Awaited(tray, 5)
        hand_in([(awaited, entry.text)])
        return awaited.is_sure()

    def asks() -> None:
        with app.app_context():
            told.append(is_journaled(second))

    late = threading.Thread(target=asks)

    def slowly(*given: Any) -> at_once.Batch | None:
        (committer,) = app.extensions["civic_committers"].values()
        if not late.ident:
            late.start()
            while len(committer._waiting) < 2:
                pass
        return follow(*given)

    def counted(lane: Lane, batch: at_once.Batch) -> at_once.Known | None:
        sent.append(len(batch.entries))
        return add(lane, batch)

    monkeypatch.setattr(at_once, "follow", slowly)
    monkeypatch.setattr(Lane, "_add", counted)
    assert is_journaled(first)
    late.join()
    assert (sent, told) == ([2], [True])
