"""What may succeed later waits, what cannot comes back, and the resident is told why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.crossings.models import Crossing
from backend.kit.clock import now
from backend.kit.db import db, find
from backend.wiring import ledger
from points.clock import FixedClock
from points.ids import derived_id
from points.ledger import Ledger, Receipt
from points.ledger.refusals import LEDGER_UNREACHABLE
from points.ledger.transfer import Command
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.broken import (
    full,
    ledger_away,
    nothing_tried,
    one_round,
    standing,
    suspended_on_the_way,
    turned_back,
)
from tests.backend.crossings.stage import Traveller, between, delivered, give, traveller
from tests.backend.passbook.test_caps_after_corrections import spend_at
from tests.cast import Cast


def test_points_wait_while_the_other_ledger_is_away(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger_away(monkeypatch, OTHER_DISTRICT):
        transfer = person.taken(30)
        told = person.told(transfer)
        assert (told["state"], told["reason"]) == ("sent", "ledger_unreachable")
        assert set(told["reason_said"]) == {"zh-CN", "en"}
        assert (person.points, between()) == ((70, 0), (0, 30))
    delivered(clock)
    told = person.told(transfer)
    assert (told["state"], told["reason"], person.points, between()) == ("arrived", None, (70, 30), (0, 0))


def test_points_that_cannot_leave_yet_wait_where_they_are(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger_away(monkeypatch, DISTRICT):
        transfer = person.taken(30)
        assert standing(person, transfer) == ("sending", (100, 0), (0, 0))
    delivered(clock)
    assert (person.told(transfer)["state"], person.points) == ("arrived", (70, 30))


def test_points_wait_for_a_suspended_account_and_arrive_when_it_is_open_again(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = suspended_on_the_way(person, monkeypatch)
    delivered(clock, days=3)
    told = person.told(transfer)
    assert (told["state"], told["reason"], between()) == ("sent", "resident_closed", (0, 30))
    person.turn("open")
    delivered(clock, hours=1)
    assert standing(person, transfer) == ("arrived", (70, 30), (0, 0))


def test_points_that_expire_before_the_account_opens_come_back_for_a_week(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast, points=0)
    give(person.here, 30, days=5)
    transfer = suspended_on_the_way(person, monkeypatch)
    delivered(clock, days=6)
    told = person.told(transfer)
    assert (told["state"], told["reason"]) == ("returned", "resident_closed")
    assert (person.points, between()) == ((30, 0), (0, 0))
    expires = ledger(DISTRICT).balance(person.here.id).expiring[0][0]
    assert timedelta(days=6) < expires - now() <= timedelta(days=7)
    person.turn("open")
    delivered(clock, hours=1)
    assert person.points == (30, 0)


def test_points_that_expired_under_way_come_back_too(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast, points=0)
    give(person.here, 30, days=5)
    with ledger_away(monkeypatch, OTHER_DISTRICT):
        transfer = person.taken(30)
    delivered(clock, days=6)
    told = person.told(transfer)
    assert (told["state"], told["reason"], person.points) == ("returned", "bad_time", (30, 0))


def test_what_the_other_side_refuses_for_good_comes_back_with_its_own_date(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires = ledger(DISTRICT).balance(person.here.id).expiring[0][0]
    with full():
        transfer = person.taken(30)
    told = person.told(transfer)
    assert (told["state"], told["reason"], between()) == ("returned", "over_ceiling", (0, 0))
    assert ledger(DISTRICT).balance(person.here.id).expiring == ((expires, 70), (expires, 30))


def test_what_comes_back_waits_for_a_closed_account_as_long_as_it_takes(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast, points=0)
    give(person.here, 30, days=5)
    transfer = suspended_on_the_way(person, monkeypatch)
    person.turn("close", there=False)
    for _ in range(6):
        delivered(clock, days=10)
    assert (person.told(transfer)["state"], person.told(transfer)["reason"]) == ("sent", "resident_closed")
    assert between() == (0, 30)
    person.turn("open", there=False)
    delivered(clock, hours=1)
    assert standing(person, transfer) == ("returned", (30, 0), (0, 0))


def test_what_comes_back_goes_on_saying_why_while_it_waits(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = turned_back(person, clock, monkeypatch)
    person.turn("close", there=False)
    delivered(clock)
    assert (person.told(transfer)["state"], person.told(transfer)["reason"]) == ("sent", "over_ceiling")
    person.turn("open", there=False)
    delivered(clock, hours=1)
    assert (person.told(transfer)["state"], person.told(transfer)["reason"]) == ("returned", "over_ceiling")
    assert (person.points, between()) == ((100, 0), (0, 0))


def test_what_cannot_come_back_yet_waits_under_the_same_id(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = turned_back(person, clock, monkeypatch)
    with full(DISTRICT, OTHER_DISTRICT):
        delivered(clock)
    db.session.rollback()
    assert person.told(transfer)["state"] == "sent"
    assert find(Crossing, DISTRICT, transfer).homecoming == derived_id(transfer, "return")
    delivered(clock, hours=1)
    assert standing(person, transfer) == ("returned", (100, 0), (0, 0))


def test_points_that_were_spent_meanwhile_are_refused_and_nothing_moves(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_tried(monkeypatch):
        transfers = [person.taken(60), person.taken(60)]
    delivered(clock)
    told = [person.told(each) for each in transfers]
    assert sorted(each["state"] for each in told) == ["arrived", "refused"]
    refused = next(each for each in told if each["state"] == "refused")
    assert (refused["reason"], refused["expires_at"]) == ("insufficient_points", None)
    assert "积分不足" in refused["reason_said"]["zh-CN"]
    assert (person.points, between()) == ((40, 60), (0, 0))


def test_an_account_closed_before_the_points_left_is_refused(
    person: Traveller, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_tried(monkeypatch):
        transfer = person.taken(60)
    person.turn("close", there=False)
    delivered(clock)
    assert (person.told(transfer)["state"], person.told(transfer)["reason"]) == ("refused", "resident_closed")
    assert person.points == (100, 0)


def test_a_posting_that_lands_after_its_repetition_was_refused_is_found(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast, points=30)
    under_way: list[tuple[Ledger, Command]] = []

    def late(self: Ledger, command: Command) -> Receipt:
        under_way.append((self, command))
        raise LEDGER_UNREACHABLE()

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "post", late)
        transfer = person.taken(30)
    spend_at(person.here, 20)
    one_round(clock)
    told = person.told(transfer)
    assert (told["state"], told["reason"], person.points) == ("sending", "insufficient_points", (10, 0))
    give(person.here, 30)
    (books, command) = under_way[0]
    books.post(command)
    delivered(clock, hours=1)
    assert standing(person, transfer) == ("arrived", (10, 30), (0, 0))


def test_a_refusal_stands_once_no_earlier_try_can_land(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast, points=30)
    with ledger_away(monkeypatch, DISTRICT):
        transfer = person.taken(30)
    spend_at(person.here, 20)
    one_round(clock)
    assert standing(person, transfer)[0] == "sending"
    delivered(clock, hours=1)
    told = person.told(transfer)
    assert (told["state"], told["reason"], person.points) == ("refused", "insufficient_points", (10, 0))
