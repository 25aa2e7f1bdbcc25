"""The audit log is only appended to, and what is done to it by other ways is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import delete, text, update

from backend.kit import audit
from backend.kit.audit import AuditLine
from backend.kit.db import db, rows, transaction
from tests.app import DISTRICT, OTHER_DISTRICT


def lines() -> list[AuditLine]:
    return list(db.session.scalars(rows(AuditLine, DISTRICT).order_by(AuditLine.number)))


def write(number: int = 1, district: str = DISTRICT) -> None:
    with transaction():
        for n in range(number):
            audit.record(district, "staff:x", "thing.done", f"thing:{n}", 数量=n)


def test_lines_are_numbered_without_a_gap_and_chained(app: Flask) -> None:
    write(3)
    write(2, OTHER_DISTRICT)
    write(2)
    assert [line.number for line in lines()] == [1, 2, 3, 4, 5]
    assert [line.previous for line in lines()][1:] == [line.hash for line in lines()][:-1]
    assert audit.first_broken_line(DISTRICT) is None
    assert audit.first_broken_line(OTHER_DISTRICT) is None


def test_an_empty_log_is_whole(app: Flask) -> None:
    assert audit.first_broken_line(DISTRICT) is None


def test_a_line_of_what_was_rolled_back_is_not_there(app: Flask) -> None:
    def cut() -> None:
        with transaction():
            audit.record(DISTRICT, "staff:x", "thing.done", "thing:1")
            raise ZeroDivisionError

    write()
    with pytest.raises(ZeroDivisionError):
        cut()
    write()
    assert [line.number for line in lines()] == [1, 2]
    assert audit.first_broken_line(DISTRICT) is None


@pytest.mark.parametrize(
    "column", ["actor", "action", "subject", "previous", "hash", "details", "at", "number", "a line less", "the end"]
)
def test_an_edited_line_is_found(app: Flask, column: str) -> None:
    write(5)
    third = lines()[2]
    here = (AuditLine.district == DISTRICT, AuditLine.id == third.id)
    changes = {
        "details": {"数量": 99},
        "at": third.at.replace(year=2025),
        "number": 99,
    }
    with transaction() as session:
        if column == "a line less":
            session.execute(delete(AuditLine).where(*here))
        elif column == "the end":
            session.execute(delete(AuditLine).where(AuditLine.district == DISTRICT, AuditLine.number == 5))
        else:
            session.execute(update(AuditLine).where(*here).values({column: changes.get(column, "somebody else")}))
    db.session.expire_all()
    assert audit.first_broken_line(DISTRICT) == (5 if column == "the end" else 3)


def test_the_first_lines_of_a_district_may_be_written_at_once(app: Flask) -> None:
    def one(_: int) -> None:
        with app.app_context():
            write()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, range(24)))
    assert [line.number for line in lines()] == list(range(1, 25))
    assert audit.first_broken_line(DISTRICT) is None


def test_a_log_longer_than_a_batch_is_read_to_its_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_BATCH", 4)
    write(13)
    assert audit.first_broken_line(DISTRICT) is None
    with transaction() as session:
        session.execute(text("UPDATE audit_line SET actor = 'x' WHERE number = 13"))
    db.session.expire_all()
    assert audit.first_broken_line(DISTRICT) == 13
