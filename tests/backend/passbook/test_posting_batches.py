"""After a time without the ledger or the fund, what waits is posted a hundred at a time, and comes out the same."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit import outbox
from backend.kit.clock import fresh_id
from backend.kit.db import db, rows
from backend.passbook import posting
from backend.passbook.models import GrantRow
from backend.wiring import ledger
from points.clock import FixedClock
from points.ledger.transfer import SetGate
from tests.app import DISTRICT
from tests.backend.passbook.stage import approve, fill_fund, points, publish_rules, told
from tests.cast import Cast, Person


@pytest.fixture
def people(cast: Cast, clock: FixedClock) -> list[Person]:
    """Two deeds each of 20 points under a cap of 30 wait for a fund that was empty; one is suspended meanwhile."""
    publish_rules(cast)
    found = [cast.resident(f"虚构居民{number}") for number in range(4)]
    for person in found * 2:
        approve(person)
    ledger(DISTRICT).post(SetGate(fresh_id(), f"resident:{found[3].id}", False, "checked", "zhou"))
    fill_fund(cast)
    clock.advance(minutes=10)
    return found


def _runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many grants went out at once, each time."""
    told: list[int] = []
    kept = posting.post_grants

    def counting(district: str, payloads: list[dict[str, Any]]) -> Any:
        told.append(len(payloads))
        return kept(district, payloads)

    monkeypatch.setitem(outbox._BATCHES, posting.POSTING, counting)
    return told


def _states() -> list[tuple[str, int]]:
    db.session.rollback()
    return sorted((grant.state, grant.granted) for grant in db.session.scalars(rows(GrantRow, DISTRICT)))


def _expect(people: list[Person]) -> None:
    assert [points(person) for person in people] == [30, 30, 30, 0]
    assert _states() == sorted([("posted", 20), ("posted", 10)] * 3 + [("waiting", 0)] * 2)


def test_a_backlog_is_posted_together_and_cut_as_one_by_one(
    people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = _runs(monkeypatch)
    assert outbox.deliver_due() == 6
    assert runs == [8]
    _expect(people)


def test_what_was_posted_and_not_written_down_is_found_posted(
    people: list[Person], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise ZeroDivisionError("after the ledger, before the books")

    kept = posting.posted
    monkeypatch.setattr(posting, "posted", lost)
    before = ledger(DISTRICT).head().number
    assert outbox.deliver_due() == 0
    assert ledger(DISTRICT).head().number == before + 6
    monkeypatch.setattr(posting, "posted", kept)
    assert outbox.waiting() == 8
    clock.advance(minutes=10)
    assert outbox.deliver_due() == 6
    assert ledger(DISTRICT).head().number == before + 6
    _expect(people)


def test_who_is_let_in_again_gets_what_waited(people: list[Person], clock: FixedClock) -> None:
    outbox.deliver_due()
    ledger(DISTRICT).post(SetGate(fresh_id(), f"resident:{people[3].id}", True, "settled", "zhou"))
    clock.advance(minutes=10)
    assert outbox.deliver_due() == 2
    assert [points(person) for person in people] == [30] * 4


def test_why_one_of_many_waits_is_shown_on_its_earning(cast: Cast, people: list[Person]) -> None:
    outbox.deliver_due()
    earning = people[3].get("/me/earnings").json["items"][0]["id"]
    assert told(people[3], earning)["grants"][0]["reason"] == "resident_closed"
