"""Residents: in by a WeChat code, their own page, their consents."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask

from backend.kit.db import db, rows
from backend.residents.models import Resident
from backend.wechat.emulator import EmulatedApp, create_emulator
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.cast import Cast
from tests.serving import serving

APP_ID, SECRET = "wx00000000emulator", "secret-of-the-emulated-app"


@pytest.fixture
def emulator(clock: FixedClock) -> Iterator[str]:
    """The emulator on a port of its own."""
    with serving(create_emulator(EmulatedApp(APP_ID, SECRET), clock)) as address:
        yield address


@pytest.fixture
def overrides(emulator: str) -> dict[str, dict[str, Any]]:
    return {"wechat": {"emulator_url": emulator}}


def code_for(emulator: str, openid: str) -> str:
    with requests.Session() as http:
        http.trust_env = False
        return str(http.post(f"{emulator}/_emulator/codes", json={"openid": openid}, timeout=5).json()["code"])


def test_a_wechat_code_becomes_a_session(cast: Cast, emulator: str) -> None:
    answer = cast.stranger().post("/session", {"code": code_for(emulator, "o-one")})
    assert answer.status_code == 201
    me = cast.app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json['token']}"})
    assert me.json["id"] == answer.json["resident"]["id"]


def test_the_same_person_is_the_same_resident(app: Flask, cast: Cast, emulator: str) -> None:
    ids = {
        cast.stranger().post("/session", {"code": code_for(emulator, "o-one")}).json["resident"]["id"] for _ in range(3)
    }
    assert len(ids) == 1
    assert len(list(db.session.scalars(rows(Resident, DISTRICT)))) == 1


def test_a_code_is_good_once(cast: Cast, emulator: str) -> None:
    code = code_for(emulator, "o-one")
    cast.stranger().post("/session", {"code": code})
    again = cast.stranger().post("/session", {"code": code})
    assert (again.status_code, again.json["code"]) == (401, "wechat_code_used")


def test_a_wrong_code_is_refused(cast: Cast) -> None:
    answer = cast.stranger().post("/session", {"code": "nonsense"})
    assert (answer.status_code, answer.json["code"]) == (401, "wechat_code_invalid")


def test_an_unknown_district_is_refused_before_the_code_is_spent(cast: Cast, emulator: str) -> None:
    code = code_for(emulator, "o-one")
    assert cast.stranger().post("/session", {"code": code, "district": "110101"}).json["code"] == "district_unknown"
    assert cast.stranger().post("/session", {"code": code}).status_code == 201


def test_the_openid_and_the_name_are_nowhere_in_the_clear(cast: Cast, emulator: str) -> None:
    token = cast.stranger().post("/session", {"code": code_for(emulator, "o-canary-77")}).json["token"]
    cast.app.test_client().put("/api/v1/me", json={"name": "褚金丝雀"}, headers={"Authorization": f"Bearer {token}"})
    kept = str([vars(row) for row in db.session.scalars(rows(Resident, DISTRICT))])
    assert "o-canary-77" not in kept
    assert "金丝雀" not in kept


def test_signing_out_ends_the_token(cast: Cast) -> None:
    resident = cast.resident()
    assert resident.delete("/session").status_code == 204
    assert resident.get("/me").json["code"] == "token_invalid"


def test_a_session_ends_when_it_is_not_used_for_a_week(cast: Cast, clock: FixedClock) -> None:
    resident = cast.resident()
    clock.advance(days=2)
    assert resident.get("/me").json["code"] == "token_invalid"


def test_a_consent_is_given_and_withdrawn_in_one_step_each(cast: Cast) -> None:
    resident = cast.resident()
    assert resident.post("/me/consents", {"purpose": "position", "given": True}).json == {"given": ["position"]}
    assert resident.post("/me/consents", {"purpose": "position", "given": False}).json == {"given": []}


def test_a_resident_changes_their_own_name_and_street(cast: Cast) -> None:
    resident = cast.resident()
    answer = resident.put("/me", {"name": "卫清明", "street": "370112019"})
    assert (answer.json["name"], answer.json["street"]) == ("卫清明", "370112019")
    assert resident.put("/me", {"street": "110101001"}).json["code"] == "street_unknown"


@pytest.mark.parametrize(
    "body", [{}, {"code": 5}, {"code": ""}, {"code": "x" * 500}, {"code": "ok", "role": "admin"}, [], "text"]
)
def test_bad_sign_in_bodies_are_refused_by_name(cast: Cast, body: Any) -> None:
    answer = cast.app.test_client().post("/api/v1/session", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json["code"] in ("invalid_fields", "malformed_request")


def test_two_first_sign_ins_at_once_are_one_resident(app: Flask, cast: Cast, emulator: str) -> None:
    codes = [code_for(emulator, "o-both") for _ in range(6)]
    answers: list[tuple[int, str]] = []

    def sign_in(code: str) -> None:
        answer = app.test_client().post("/api/v1/session", json={"code": code})
        answers.append((answer.status_code, answer.json["resident"]["id"]))

    threads = [threading.Thread(target=sign_in, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [201] * 6
    assert len({identifier for _, identifier in answers}) == 1
