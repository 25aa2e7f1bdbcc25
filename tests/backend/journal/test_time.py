"""Entries that time brings: the ledger names them itself, and the journal takes them like any other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from backend.journal import service
from backend.journal.forgetting import forget_old
from backend.journal.models import JournalEntry
from backend.journal.projector import project_all
from backend.kit.db import db, transaction
from points.errors import Refused
from points.ledger import chart
from tests.app import DISTRICT
from tests.cast import Cast
from tests.points.ledger.town import Town


def kinds() -> list[str]:
    return list(db.session.scalars(select(JournalEntry.kind).order_by(JournalEntry.number)))


def test_time_outs_expiries_and_openings_are_copied(town: Town) -> None:
    town.earn("lin", 60, days=1)
    town.earn("lin", 5, opens_at=town.now + timedelta(hours=1))
    town.hold("lin", minutes=15)
    town.clock.advance(days=2)
    while town.ledger.sweep():
        pass
    project_all(DISTRICT)
    assert sorted(kinds()[-3:]) == ["expire", "open", "time_out"]
    assert service.first_broken_entry(DISTRICT) is None


def test_what_expires_twice_on_one_day_is_two_entries(town: Town) -> None:
    town.earn("lin", 60, expires_at=town.now + timedelta(minutes=5))
    town.earn("lin", 60, expires_at=town.now + timedelta(minutes=10))
    for _ in range(2):
        town.clock.advance(minutes=6)
        town.ledger.sweep()
    project_all(DISTRICT)
    assert kinds().count("expire") == 2
    assert len(set(db.session.scalars(select(JournalEntry.id).where(JournalEntry.kind == "expire")))) == 1


def test_a_callers_id_cannot_stand_twice(town: Town) -> None:
    project_all(DISTRICT)
    columns = "district, id, kind, at, amount, hash, text, sha256"
    again = text(
        f"INSERT INTO journal_entry (number, {columns}) SELECT 99, {columns} FROM journal_entry WHERE number = 1"
    )
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(again)


def test_a_balance_of_the_past_is_the_one_after_the_last_entry_then(town: Town) -> None:
    begin = town.now
    for points in (10, 20, 30):
        town.clock.advance(hours=1)
        town.earn("lin", points)
    project_all(DISTRICT)
    lin = chart.resident("lin")
    at = [service.balance_at(DISTRICT, lin, begin + timedelta(hours=hours)) for hours in (0, 1, 1.5, 2, 3, 99)]
    assert at == [0, 10, 10, 30, 60, 60]
    assert service.balance_at(DISTRICT, chart.fund("civic"), begin + timedelta(hours=2)) == 100_000 - 30


def test_an_id_the_ledger_forgot_is_refused_there_and_found_in_the_journal(town: Town) -> None:
    command = town.earning("lin", 10)
    first = town.ledger.post(command)
    project_all(DISTRICT)
    town.clock.advance(days=40)
    town.top_up(1)
    assert forget_old(DISTRICT) > 0
    assert forget_old(DISTRICT) == 0
    with pytest.raises(Refused) as refused:
        town.ledger.post(command)
    assert refused.value.code == "id_expired"
    found = service.receipt(DISTRICT, command.id)
    assert found is not None
    assert (found.number, found.amount) == (first.number, 10)


def test_what_was_forgotten_can_still_be_undone(town: Town) -> None:
    grant = town.earn("lin", 10)
    project_all(DISTRICT)
    town.clock.advance(days=40)
    town.top_up(1)
    forget_old(DISTRICT)
    assert town.reverse(grant.id).amount == 10


def test_nothing_is_forgotten_before_its_time(town: Town) -> None:
    town.earn("lin", 10)
    project_all(DISTRICT)
    town.clock.advance(days=29)
    town.top_up(1)
    assert forget_old(DISTRICT) == 0
    assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == 4


def test_a_resident_sees_the_statement_as_it_stood_at_a_moment(town: Town, cast: Cast) -> None:
    resident, begin = cast.resident(), town.now
    for points in (10, 20, 30):
        town.clock.advance(hours=1)
        town.earn(resident.id, points)
    project_all(DISTRICT)

    def seen(moment: str, **more: object) -> list[tuple[int, int]]:
        page = resident.get("/me/statement", at=moment, **more)
        assert page.status_code == 200, page.text
        return [(line["amount"], line["balance"]) for line in page.json["items"]]

    assert seen((begin + timedelta(hours=2)).isoformat()) == [(20, 30), (10, 10)]
    assert seen((begin + timedelta(hours=2, milliseconds=-1)).isoformat()) == [(10, 10)]
    assert seen(begin.isoformat()) == []
    assert seen((begin + timedelta(days=3)).isoformat(), limit=1) == [(30, 60)]
    assert resident.get("/me/statement", at="2026-11-22T10:00:00").status_code == 422
