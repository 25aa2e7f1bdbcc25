"""A once-only right that an undoing frees: the staff see whom it was refused to, and two of them may give it."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from backend.kit.db import db
from backend.passbook import freed as freed_rights
from points.clock import FixedClock
from tests.backend.passbook.corrected import correct, undo
from tests.backend.passbook.small import opened
from tests.backend.passbook.stage import approve, points
from tests.cast import Cast, Person

GIVEN = "献血"
ONCE = (
    "- {rule: once, title: {zh: 献血, en: Blood}, when: {kind: act, category: 献血}, points: {each: 30},"
    " times: {at_most: 1, window: lifetime}}"
)


@pytest.fixture
def office(cast: Cast) -> tuple[Person, Person]:
    return opened(cast, ONCE)


def freed(office: tuple[Person, Person], earning: str) -> list[str]:
    answer = office[0].get(f"/staff/earnings/{earning}")
    assert answer.status_code == 200, answer.text
    return list(answer.json["staff"]["freed"])


def test_an_undone_deed_names_those_that_its_right_was_refused_to(cast: Cast, office: tuple[Person, Person]) -> None:
    resident, other = cast.resident(), cast.resident()
    first, second, third = (approve(resident, GIVEN) for _ in range(3))
    approve(other, GIVEN)
    approve(resident, "扫雪")
    assert freed(office, first) == []
    undo(office, first)
    assert (set(freed(office, first)), points(resident)) == ({second, third}, 10)
    correct(office, second)
    assert (freed(office, first), points(resident)) == ([], 40)


def test_the_corrections_of_an_earning_are_read_once_for_the_staff(cast: Cast, office: tuple[Person, Person]) -> None:
    first = approve(cast.resident(), GIVEN)
    undo(office, first)
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        freed(office, first)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert sum("FROM earning_correction" in statement for statement in seen) == 1


def test_a_deed_that_is_corrected_to_another_category_frees_its_right_too(
    cast: Cast, office: tuple[Person, Person]
) -> None:
    resident = cast.resident()
    first, second = approve(resident, GIVEN), approve(resident, GIVEN)
    correct(office, first, category="扫雪")
    assert freed(office, first) == [second]
    assert freed(office, second) == []


def test_deeds_that_were_decided_before_it_do_not_crowd_out_those_that_were_refused(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, resident, earnings = opened(cast, ONCE.replace("at_most: 1", "at_most: 2")), cast.resident(), list[str]()
    for _ in range(3):
        earnings.append(approve(resident, GIVEN))
        clock.advance(minutes=1)
    undo(office, earnings[1])
    monkeypatch.setattr(freed_rights, "_LOOKED_AT", 1)
    assert freed(office, earnings[1]) == [earnings[2]]
