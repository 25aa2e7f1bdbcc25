"""How often one caller may ask."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"limits": {"enabled": True, "requests_per_minute": 5, "sign_in_per_minute": 2}}


def test_a_caller_who_asks_too_often_is_told_to_wait_and_others_are_not(cast: Cast) -> None:
    resident, other = cast.resident(), cast.resident("钱大雪")
    assert [resident.get("/me").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = resident.get("/me")
    assert (refused.json["code"], refused.json["retry"]) == ("too_many_requests", True)
    assert other.get("/me").status_code == 200


def test_signing_in_has_a_tighter_limit_that_no_token_widens(client: FlaskClient) -> None:
    statuses = []
    for number in range(4):
        headers = {"Authorization": f"Bearer {number}"}
        body = {"name": "nobody", "password": "x" * 12}
        statuses.append(client.post("/api/v1/staff/session", json=body, headers=headers).status_code)
    assert statuses == [401, 401, 429, 429]


def test_health_is_asked_as_often_as_one_likes(client: FlaskClient) -> None:
    assert [client.get("/healthz").status_code for _ in range(10)] == [200] * 10
