"""Large sums for a fund take two people; splitting them does not help."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.auth import Role
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.stage import no
from tests.cast import Cast, Person


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"approvals": {"top_up_points_alone_a_day": 1000}}


def top_up(person: Person, amount: int, fund: str = "civic") -> dict[str, Any]:
    answer = person.post(f"/staff/funds/{fund}/top-ups", {"amount": amount, "memo": "赞助"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def covered(fund: str = "civic") -> int:
    return ledger(DISTRICT).account(f"fund:{fund}")


def test_a_sum_above_the_limit_waits_for_a_second_person(cast: Cast) -> None:
    one, other = cast.staff(Role.FUND_MANAGER), cast.staff(Role.FUND_MANAGER)
    made = top_up(one, 1001)
    assert (made["state"], covered()) == ("asked", 0)
    assert no(one.post(f"/staff/top-ups/{made['id']}/confirm")) == (403, "second_person_needed")
    assert other.post(f"/staff/top-ups/{made['id']}/confirm").json["state"] == "confirmed"
    assert covered() == 1001
    assert no(other.post(f"/staff/top-ups/{made['id']}/confirm")) == (409, "wrong_state")
    assert [item["paid_in"] for item in one.get("/staff/funds").json["items"]] == [1001]


def test_splitting_a_sum_does_not_help_nor_does_another_fund_or_person(cast: Cast) -> None:
    one, other = cast.staff(Role.FUND_MANAGER), cast.staff(Role.FUND_MANAGER)
    assert top_up(one, 600)["state"] == "accepted"
    assert top_up(one, 401)["state"] == "asked"
    assert top_up(one, 401, "time-bank")["state"] == "asked"
    assert top_up(other, 401)["state"] == "asked"
    assert top_up(one, 400)["state"] == "accepted"
    assert covered() == 1000


def test_the_limit_is_for_one_day_where_the_district_is(cast: Cast, clock: FixedClock) -> None:
    one = cast.staff(Role.FUND_MANAGER)
    assert top_up(one, 1000)["state"] == "accepted"
    clock.advance(hours=12)  # midnight there
    assert top_up(cast.signed_in("staff", one.id, ("fund_manager",)), 1000)["state"] == "accepted"


def test_a_top_up_of_another_district_is_not_found(cast: Cast) -> None:
    made = top_up(cast.staff(Role.FUND_MANAGER), 5000)
    far = cast.staff(Role.FUND_MANAGER, district=OTHER_DISTRICT)
    assert no(far.post(f"/staff/top-ups/{made['id']}/confirm")) == (404, "not_found")
    assert far.get("/staff/top-ups").json["items"] == []
