"""A kill between any two steps loses and doubles nothing, and neither does an id that grew too old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.crossings.models import Crossing
from backend.journal.projector import project_all
from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import find, transaction
from backend.wiring import ledger, stream
from points.clock import FixedClock
from points.ids import derived_id
from points.ledger.transfer import ReceiveAcross, TopUp
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.broken import (
    ledger_away,
    lost_answer,
    nothing_tried,
    one_round,
    one_step,
    standing,
    suspended_on_the_way,
    turned_back,
)
from tests.backend.crossings.stage import Traveller, delivered
from tests.cast import Cast


def test_an_id_that_grew_too_old_while_it_waited_is_named_anew(
    person: Traveller, cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger_away(monkeypatch, DISTRICT):
        late = person.taken(20)
    with transaction() as session:  # the outbox of that moment waits with it
        for row in session.query(outbox.Outgoing).filter_by(done_at=None):
            row.due_at = now() + timedelta(minutes=59)
    clock.advance(days=40)
    ledger(DISTRICT).post(TopUp(fresh_id(), "civic", 1))
    delivered(clock, hours=1)
    assert (person.told(late)["state"], person.points) == ("arrived", (80, 20))
    assert find(Crossing, DISTRICT, late).departure != derived_id(late, "send")
    person.here = cast.signed_in("resident", person.here.id, ("resident",))
    transfer = suspended_on_the_way(person, monkeypatch)
    delivered(clock, days=40)
    person.turn("open")
    delivered(clock, hours=1)
    assert find(Crossing, DISTRICT, transfer).arrival != derived_id(transfer, "arrive")
    assert standing(person, transfer) == ("arrived", (50, 50), (0, 0))


def test_what_arrived_long_ago_under_an_unmarked_step_is_found_in_the_journal(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lost_answer(monkeypatch, ReceiveAcross):
        transfer = person.taken(30)
    assert person.told(transfer)["state"] == "sent"
    project_all(OTHER_DISTRICT)
    project_all(DISTRICT)
    clock.advance(days=40)
    ledger(OTHER_DISTRICT).post(TopUp(fresh_id(), "civic", 1))
    delivered(clock)
    assert standing(person, transfer) == ("arrived", (70, 30), (0, 0))


def test_a_kill_after_every_commit_and_after_every_posting_loses_and_doubles_nothing(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_tried(monkeypatch):
        transfer = person.taken(30)
    seen = [standing(person, transfer)]
    for _ in range(2):
        with lost_answer(monkeypatch):
            one_round(clock)
        seen.append(standing(person, transfer))
        one_step(clock, monkeypatch)
        seen.append(standing(person, transfer))
    assert seen == [
        ("sending", (100, 0), (0, 0)),
        ("sending", (70, 0), (0, 30)),
        ("sent", (70, 0), (0, 30)),
        ("sent", (70, 30), (0, 0)),
        ("arrived", (70, 30), (0, 0)),
    ]


def test_a_kill_on_the_way_back_loses_and_doubles_nothing(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = turned_back(person, clock, monkeypatch)
    assert standing(person, transfer)[::2] == ("sent", (0, 30))
    assert find(Crossing, DISTRICT, transfer).homecoming is not None
    with lost_answer(monkeypatch):
        one_round(clock)
    assert standing(person, transfer)[::2] == ("sent", (0, 0))
    one_step(clock, monkeypatch)
    state, points, clearing = standing(person, transfer)
    assert (state, points[0], clearing) == ("returned", 100, (0, 0))


def test_what_arrived_under_an_id_that_the_books_lost_does_not_arrive_again(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lost_answer(monkeypatch, ReceiveAcross):
        transfer = person.taken(30)
    with transaction():
        find(Crossing, DISTRICT, transfer, lock=True).arrival = fresh_id()
    delivered(clock)
    assert standing(person, transfer) == ("arrived", (70, 30), (0, 0))


def test_the_date_of_a_departure_is_read_from_the_journal_once_the_stream_was_trimmed(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires = ledger(DISTRICT).balance(person.here.id).expiring[0][0]
    with lost_answer(monkeypatch):
        person.taken(30)
    project_all(DISTRICT)
    stream(DISTRICT).trim(ledger(DISTRICT).head().number)
    delivered(clock)
    assert ledger(OTHER_DISTRICT).balance(person.there.id).expiring == ((expires, 30),)
