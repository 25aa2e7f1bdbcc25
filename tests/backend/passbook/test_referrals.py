"""A new resident names who brought them; that earns once, when the newcomer's first deed is approved."""

from __future__ import annotations

import pytest

from backend.kit.auth import Role
from backend.kit.db import find, transaction
from backend.passbook import referrals
from backend.passbook.referrals import follow
from backend.residents.models import Resident
from backend.workers.schedule import FOR_EACH_DISTRICT
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.backend.passbook.stage import approve, fill_fund, no, points, publish_rules
from tests.cast import Cast, Person


@pytest.fixture
def referrer(cast: Cast, clock: FixedClock) -> Person:
    publish_rules(cast)
    fill_fund(cast)
    made = cast.resident("赵小满")
    clock.advance(hours=1)
    return made


def code(person: Person) -> str:
    return str(person.put("/me/referral-code", {}).json["code"])


def brought(cast: Cast, referrer: Person) -> Person:
    newcomer = cast.resident("钱立夏")
    assert newcomer.post("/me/referral", {"code": code(referrer)}).status_code == 201
    return newcomer


def test_it_earns_once_when_the_first_deed_is_approved(cast: Cast, referrer: Person) -> None:
    newcomer = brought(cast, referrer)
    assert newcomer.get("/me/referral").json["named_at"] is not None
    assert follow(DISTRICT) == 0
    approve(newcomer)
    assert [follow(DISTRICT), follow(DISTRICT)] == [1, 0]
    assert points(referrer) == 2
    approve(newcomer)
    assert follow(DISTRICT) == 0
    (earning,) = referrer.get("/me/earnings").json["items"]
    told = referrer.get(f"/me/earnings/{earning['id']}").text
    assert (earning["kind"], earning["category"]) == ("referral", "推荐新志愿者")
    assert newcomer.id not in told


def test_the_worker_does_it() -> None:
    assert follow in [job.work for job in FOR_EACH_DISTRICT]


def test_a_code_is_the_same_ever_after(cast: Cast, referrer: Person) -> None:
    assert code(referrer) == code(referrer) != code(cast.resident())


def test_nobody_brings_themselves_nor_who_was_there_before(cast: Cast, referrer: Person, clock: FixedClock) -> None:
    newcomer = brought(cast, referrer)
    assert no(referrer.post("/me/referral", {"code": code(referrer)})) == (422, "referral_own")
    assert no(referrer.post("/me/referral", {"code": code(newcomer)})) == (422, "referral_not_before")
    assert no(newcomer.post("/me/referral", {"code": code(referrer)})) == (409, "referral_twice")
    third = cast.resident()
    assert no(third.post("/me/referral", {"code": "ZZZZZZZZZZ"})) == (422, "referral_code_unknown")
    ours = code(referrer)
    clock.advance(days=7, seconds=1)
    third = cast.signed_in("resident", third.id, ("resident",))
    assert no(third.post("/me/referral", {"code": ours})) == (409, "referral_too_late")


def test_an_undone_deed_brings_nothing(cast: Cast, referrer: Person) -> None:
    newcomer = brought(cast, referrer)
    earning = approve(newcomer)
    asked = cast.staff(Role.SECOND_REVIEWER).post(f"/staff/earnings/{earning}/undoing", {"reason": "查实不属实"})
    assert cast.staff(Role.FUND_MANAGER).post(f"/staff/corrections/{asked.json['id']}/confirm").status_code == 200
    assert follow(DISTRICT) == 0


def test_what_the_referrer_approved_in_office_or_as_leader_does_not_count(cast: Cast, referrer: Person) -> None:
    newcomer = brought(cast, referrer)
    in_office = cast.staff(Role.REVIEWER, resident=referrer.id)
    approve(newcomer, approver=f"staff:{in_office.id}")
    approve(newcomer, approver=f"resident:{referrer.id}")
    assert follow(DISTRICT) == 0
    approve(newcomer, approver=f"staff:{cast.staff(Role.REVIEWER).id}")
    assert follow(DISTRICT) == 1
    assert points(referrer) == 2


def test_before_rules_are_in_force_it_waits_with_the_others(cast: Cast, clock: FixedClock) -> None:
    early = cast.resident()
    clock.advance(minutes=1)
    approve(brought(cast, early))
    assert follow(DISTRICT) == 1
    (earning,) = early.get("/me/earnings").json["items"]
    assert earning["state"] == "waiting_for_rules"


def test_those_that_cannot_earn_block_no_other(
    cast: Cast, referrer: Person, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = cast.resident("孙芒种")
    clock.advance(minutes=1)
    alone = brought(cast, leader)
    clock.advance(seconds=5)
    other = brought(cast, leader)
    clock.advance(seconds=5)
    newcomer = brought(cast, referrer)
    for each in (alone, other):
        approve(each, approver=f"resident:{leader.id}")
    approve(newcomer)
    monkeypatch.setattr(referrals, "MOST_AT_ONCE", 1)
    rounds = []
    for _ in range(4):
        rounds.append(follow(DISTRICT))
        clock.advance(minutes=1)
    assert rounds == [0, 0, 1, 0]
    approve(other, approver="staff:somebody")
    clock.advance(minutes=1)
    assert [follow(DISTRICT), follow(DISTRICT)] == [1, 0]  # the other's turn comes again
    assert (points(leader), points(referrer)) == (2, 2)


def test_a_closed_referrer_earns_nothing_and_is_not_looked_at(
    cast: Cast, referrer: Person, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = cast.resident()
    clock.advance(minutes=1)
    approve(brought(cast, gone))
    clock.advance(seconds=5)
    approve(brought(cast, referrer))
    with transaction():
        find(Resident, DISTRICT, gone.id).closed = True
    monkeypatch.setattr(referrals, "MOST_AT_ONCE", 1)
    assert [follow(DISTRICT), follow(DISTRICT)] == [1, 0]
