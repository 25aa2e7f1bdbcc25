"""A resident takes points along to another district: over HTTP, on real ledgers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backend.kit import outbox
from backend.kit.clock import now
from backend.kit.db import db, rows, transaction
from backend.kit.outbox import Outgoing
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.crossings.stage import Traveller, between, delivered, give, traveller
from tests.cast import Cast


def test_points_leave_one_district_and_arrive_in_the_other(person: Traveller) -> None:
    answer = person.take(30)
    assert (answer.status_code, answer.json["state"], answer.json["district"]) == (201, "sending", OTHER_DISTRICT)
    told = person.told(answer.json["id"])
    assert (told["state"], told["amount"], told["reason"]) == ("arrived", 30, None)
    assert told["ended_at"] is not None
    assert person.points == (70, 30)
    assert between() == (0, 0)
    assert person.here.get("/me/transfers").json["items"] == [told]


def test_a_list_of_transfers_is_paged_and_each_sees_their_own(cast: Cast, clock: FixedClock) -> None:
    person, other = traveller(cast), cast.resident("钱立夏")
    made = []
    for _ in range(3):
        clock.advance(seconds=1)
        made.append(person.taken(1))
    first = person.here.get("/me/transfers", limit=2).json
    second = person.here.get("/me/transfers", limit=2, cursor=first["next_cursor"]).json
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    for stranger in (other, person.there):
        assert stranger.get(f"/me/transfers/{made[0]}").json["code"] == "not_found"
        assert stranger.get("/me/transfers").json["items"] == []


def test_a_repeated_request_takes_the_points_once(cast: Cast, clock: FixedClock) -> None:
    person, key = traveller(cast), "01a1f71c-7600-709c-bb2a-5420b13ee5ea"
    first, again = person.take(30, key=key), person.take(30, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert person.take(31, key=key).json["code"] == "idempotency_key_reused"
    assert person.points == (70, 30)


@pytest.mark.parametrize(
    ("amount", "district", "status", "code"),
    [
        (30, DISTRICT, 422, "transfer_own_district"),
        (30, "999999", 404, "district_unknown"),
        (30, "370103", 404, "district_unknown"),
        (101, OTHER_DISTRICT, 409, "insufficient_points"),
        (0, OTHER_DISTRICT, 422, "invalid_fields"),
        (-1, OTHER_DISTRICT, 422, "invalid_fields"),
        (1.5, OTHER_DISTRICT, 422, "invalid_fields"),
        (30.0, OTHER_DISTRICT, 422, "invalid_fields"),
        (True, OTHER_DISTRICT, 422, "invalid_fields"),
        ("30", OTHER_DISTRICT, 422, "invalid_fields"),
        (10**6 + 1, OTHER_DISTRICT, 422, "invalid_fields"),
        (30, "", 422, "invalid_fields"),
    ],
)
def test_what_cannot_be_is_refused_at_once_and_leaves_no_trace(
    person: Traveller, amount: Any, district: str, status: int, code: str
) -> None:
    answer = person.take(amount, district)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert person.here.get("/me/transfers").json["items"] == []
    assert person.points == (100, 0)


def test_who_has_no_account_there_is_told_how_to_get_one(cast: Cast) -> None:
    person = cast.resident()
    give(person, 50)
    asked = {"district": OTHER_DISTRICT, "amount": 10}
    answer = person.post("/me/transfers", asked)
    assert (answer.status_code, answer.json["code"]) == (409, "transfer_no_account")
    assert "登录" in answer.json["title"] + answer.json["detail"]
    assert ledger(DISTRICT).balance(person.id).available == 50


def test_a_closed_account_on_either_side_is_refused(person: Traveller, cast: Cast) -> None:
    person.turn("close")
    assert person.take().json["code"] == "transfer_account_closed"
    person.turn("open")
    person.turn("close", there=False)
    person.here = cast.signed_in("resident", person.here.id, ("resident",))
    assert person.take().json["code"] == "resident_closed"
    assert person.points == (100, 0)


def test_what_arrives_expires_with_the_first_lot_that_it_took_from(cast: Cast, clock: FixedClock) -> None:
    person = traveller(cast, points=0)
    for points, days in ((10, 300), (10, 20), (10, 100)):
        give(person.here, points, days=days)
    first = now() + timedelta(days=20)
    person.taken(15)
    assert ledger(OTHER_DISTRICT).balance(person.there.id).expiring == ((first, 15),)
    person.taken(10)
    assert ledger(OTHER_DISTRICT).balance(person.there.id).expiring[1] == (now() + timedelta(days=100), 10)


def test_there_and_back_again_prolongs_nothing(cast: Cast, clock: FixedClock) -> None:
    person = traveller(cast, points=0)
    give(person.here, 40, days=20)
    expires = ledger(DISTRICT).balance(person.here.id).expiring[0][0]
    person.taken(40)
    back = person.there.post("/me/transfers", {"district": DISTRICT, "amount": 40})
    assert back.status_code == 201
    assert ledger(DISTRICT).balance(person.here.id).expiring == ((expires, 40),)
    assert between() == (0, 0)
    assert ledger(DISTRICT).account(f"clearing:{OTHER_DISTRICT}") == 0


def test_a_delivery_that_comes_twice_changes_nothing(person: Traveller, clock: FixedClock) -> None:
    transfer = person.taken(30)
    heads = ledger(DISTRICT).head(), ledger(OTHER_DISTRICT).head()
    with transaction() as session:
        for row in session.scalars(rows(Outgoing, DISTRICT)):
            row.done_at = None
    delivered(clock)
    assert outbox.waiting() == 0
    assert (ledger(DISTRICT).head(), ledger(OTHER_DISTRICT).head()) == heads
    assert person.told(transfer)["state"] == "arrived"
    db.session.rollback()
