"""Made-up requests for each role: no fault, no status and no shape that the description does not name."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from flask import Response

from backend.kit.auth import Role
from tests.contract.fuzz import Round, description_of, told
from tests.contract.town import Town

pytestmark = pytest.mark.timeout(300)
ROLES = ("anyone", "resident", "reporter", "leader", "clerk", "partner", "staff")
FEW, MANY = 5, 200
"""How many requests of each sort an operation gets: with data as described, and with data that is not."""


@pytest.fixture(scope="module")
def description(town: Town) -> Any:
    return description_of(town.app)


@pytest.mark.parametrize("role", ROLES)
def test_made_up_requests_break_nothing(town: Town, description: Any, role: str) -> None:
    done = Round(town, town.people[role], own(town, role)).run(description, FEW)
    assert not done.failures, told(done)
    assert not [status for status in done.statuses if status >= 500], told(done)
    assert done.asked > 4 * FEW, "the round asked for hardly anything"
    assert done.statuses.keys() & {200, 201}, "no request was good"


def own(town: Town, role: str) -> frozenset[Role]:
    """What a role adds; a reporter and a leader do not try again what every resident may."""
    return town.roles[role] if role == "resident" else town.roles[role] - {Role.RESIDENT}


@pytest.mark.parametrize("status", [500, 418])
def test_a_round_sees_what_is_broken(
    town: Town, description: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    @functools.wraps(town.app.view_functions["residents.see_me"])
    def broken() -> Response:
        if status == 500:
            raise RuntimeError("broken for a test")
        return Response("{}", status, content_type="application/json")

    monkeypatch.setitem(town.app.view_functions, "residents.see_me", broken)
    resident = town.people["resident"]
    done = Round(town, resident, town.roles["resident"]).run(description, 1, only={"see_me"})
    assert len(done.failures) == done.asked == done.statuses[status]
