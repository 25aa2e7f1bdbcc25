"""How often one may ask, whoever one says one is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"limits": {"enabled": True, "sign_in_per_minute": 5, "requests_per_minute": 20}}


def asked(cast: Cast, method: str, path: str, times: int, headers: list[dict[str, str]]) -> list[int]:
    client = cast.app.test_client()
    return [
        client.open(path, method=method, json={}, headers=headers[i % len(headers)]).status_code for i in range(times)
    ]


@pytest.mark.parametrize("path", ["/session", "/session/", "/staff/session", "/staff/session/", "/merchant/session/"])
def test_signing_in_is_limited_by_address_under_every_spelling(cast: Cast, path: str) -> None:
    invented = [{"Authorization": f"Bearer invented-{i}"} for i in range(30)]
    statuses = asked(cast, "POST", f"/api/v1{path}", 8, invented)
    assert statuses[:5].count(429) == 0
    assert statuses[5:] == [429, 429, 429]


def test_setting_a_password_is_limited_like_signing_in(cast: Cast) -> None:
    assert asked(cast, "PUT", "/api/v1/staff/password", 7, [{}])[5:] == [429, 429]


def test_invented_tokens_share_the_limit_of_their_address(cast: Cast) -> None:
    invented = [{"Authorization": f"Bearer invented-{i}"} for i in range(30)]
    assert asked(cast, "GET", "/api/v1/me", 22, invented)[20:] == [429, 429]


def test_two_people_at_one_address_have_limits_of_their_own(cast: Cast) -> None:
    one, other = cast.resident(), cast.resident("苏霜降")
    assert [one.get("/me").status_code for _ in range(21)][20] == 429
    assert other.get("/me").status_code == 200
