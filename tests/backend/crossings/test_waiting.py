"""What may succeed later waits, what cannot comes back, and a kill between any two steps loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from backend.crossings.models import Crossing
from backend.journal.projector import project_all
from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, transaction
from backend.wiring import ledger
from points.amounts import CEILING
from points.clock import FixedClock
from points.ids import derived_id
from points.ledger import Ledger, Receipt
from points.ledger.refusals import LEDGER_UNREACHABLE
from points.ledger.transfer import Command, ReceiveAcross, TopUp
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.stage import Traveller, between, delivered, give, traveller
from tests.cast import Cast

POST = Ledger.post


@contextmanager
def ledger_away(monkeypatch: pytest.MonkeyPatch, district: str) -> Iterator[None]:
    """One district's ledger can be looked at, but takes no posting."""

    def away(self: Ledger, command: Command) -> Receipt:
        if self.district == district:
            raise LEDGER_UNREACHABLE()
        return POST(self, command)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "post", away)
        yield


@contextmanager
def full() -> Iterator[None]:
    """The other side's clearing is as full as a ledger's account may be, set by hand, and as it was afterwards."""
    books = ledger(OTHER_DISTRICT)
    books.wire.ask("HSET", books.keys.accounts, f"clearing:{DISTRICT}", 1 - CEILING)
    yield
    books.wire.ask("HSET", books.keys.accounts, f"clearing:{DISTRICT}", 0)


@contextmanager
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process is killed right after each commit."""
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_try_quietly", lambda *_: False)
        yield


def suspended_on_the_way(person: Traveller, monkeypatch: pytest.MonkeyPatch) -> str:
    """A transfer whose other side was closed before it arrived."""
    with ledger_away(monkeypatch, OTHER_DISTRICT):
        transfer = person.taken(30)
    person.turn("close")
    return transfer


def test_points_wait_while_the_other_ledger_is_away(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
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
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    with ledger_away(monkeypatch, DISTRICT):
        transfer = person.taken(30)
        assert (person.told(transfer)["state"], person.points, between()) == ("sending", (100, 0), (0, 0))
    delivered(clock)
    assert (person.told(transfer)["state"], person.points) == ("arrived", (70, 30))


def test_points_wait_for_a_suspended_account_and_arrive_when_it_is_open_again(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    transfer = suspended_on_the_way(person, monkeypatch)
    delivered(clock, days=3)
    told = person.told(transfer)
    assert (told["state"], told["reason"], between()) == ("sent", "resident_closed", (0, 30))
    person.turn("open")
    delivered(clock, hours=1)
    assert (person.told(transfer)["state"], person.points, between()) == ("arrived", (70, 30), (0, 0))


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
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
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
    assert (person.told(transfer)["state"], person.points, between()) == ("returned", (30, 0), (0, 0))


def test_an_id_that_grew_too_old_while_it_waited_is_named_anew(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
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
    assert (person.told(transfer)["state"], person.points, between()) == ("arrived", (50, 50), (0, 0))


def test_what_arrived_long_ago_under_an_unmarked_step_is_found_in_the_journal(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    with lost_answer(monkeypatch, ReceiveAcross):
        transfer = person.taken(30)
    assert person.told(transfer)["state"] == "sent"
    project_all(OTHER_DISTRICT)
    project_all(DISTRICT)
    clock.advance(days=40)
    ledger(OTHER_DISTRICT).post(TopUp(fresh_id(), "civic", 1))
    delivered(clock)
    assert (person.told(transfer)["state"], person.points, between()) == ("arrived", (70, 30), (0, 0))


@contextmanager
def lost_answer(monkeypatch: pytest.MonkeyPatch, kind: type[Command] | None = None) -> Iterator[None]:
    """A posting is made, and the process killed before it is written down."""

    def lost(self: Ledger, command: Command) -> Receipt:
        receipt = POST(self, command)
        if kind is not None and not isinstance(command, kind):
            return receipt
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "post", lost)
        yield


def test_a_kill_after_every_commit_and_after_every_posting_loses_and_doubles_nothing(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    with nothing_tried(monkeypatch):
        transfer = person.taken(30)
    seen = [_standing(person, transfer)]
    for _ in range(2):
        with lost_answer(monkeypatch):
            _one_round(clock)
        seen.append(_standing(person, transfer))
        _one_step(clock, monkeypatch)
        seen.append(_standing(person, transfer))
    assert seen == [
        ("sending", (100, 0), (0, 0)),
        ("sending", (70, 0), (0, 30)),
        ("sent", (70, 0), (0, 30)),
        ("sent", (70, 30), (0, 0)),
        ("arrived", (70, 30), (0, 0)),
    ]


def test_a_kill_on_the_way_back_loses_and_doubles_nothing(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    with nothing_tried(monkeypatch):
        transfer = person.taken(30)
    with full():
        for _ in range(2):
            _one_step(clock, monkeypatch)
    assert _standing(person, transfer)[::2] == ("sent", (0, 30))
    assert find(Crossing, DISTRICT, transfer).homecoming is not None
    with lost_answer(monkeypatch):
        _one_round(clock)
    assert _standing(person, transfer)[::2] == ("sent", (0, 0))
    _one_step(clock, monkeypatch)
    state, points, clearing = _standing(person, transfer)
    assert (state, points[0], clearing) == ("returned", 100, (0, 0))


def test_points_that_were_spent_meanwhile_are_refused_and_nothing_moves(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
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
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = traveller(cast)
    with nothing_tried(monkeypatch):
        transfer = person.taken(60)
    person.turn("close", there=False)
    delivered(clock)
    assert (person.told(transfer)["state"], person.told(transfer)["reason"]) == ("refused", "resident_closed")
    assert person.points == (100, 0)


def _standing(person: Traveller, transfer: str) -> tuple[Any, ...]:
    db.session.rollback()
    return person.told(transfer)["state"], person.points, between()


def _one_round(clock: FixedClock) -> None:
    clock.advance(seconds=400)
    outbox.deliver_due()


def _one_step(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker does one step and is killed after its commit."""
    clock.advance(seconds=400)
    tried = outbox._try_quietly
    left = [1]

    def once(district: str, identifier: str) -> bool:
        left[0] -= 1
        return left[0] >= 0 and tried(district, identifier)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_try_quietly", once)
        outbox.deliver_due()
