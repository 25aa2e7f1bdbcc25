"""Canaries: made-up secrets and personal data go all the way through, and stand nowhere they must not."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
import redis
import requests
import structlog
from sqlalchemy import text

from backend.kit.auth import Role
from backend.kit.db import db
from backend.kit.log_lines import start_logging
from tests.contract.surface import BASE, asked, problem_of
from tests.contract.town import STREET, Town

OPENID = "oCANARY-openid-7Q2x"
NAME = "金丝雀·赛琳娜"
PHONE = "13912345678"
PASSWORD = "canary-lantern-otter-42"
ID_NUMBER = "11010119900307857X"


class Canaries:
    """What was let in, and everything that was said meanwhile."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.personal: dict[str, str] = {"openid": OPENID, "name": NAME}
        self.refusals: list[str] = []
        self.log = ""


@pytest.fixture(scope="module")
def flown(each_town: Town, emulator: str) -> Canaries:
    """Everything has been asked once with canaries in it, good and bad, with the log as it is in production."""
    found, log = Canaries(), io.StringIO()
    kept = sys.stderr
    sys.stderr = log
    start_logging("debug")
    try:
        _resident(each_town, emulator, found)
        _staff(each_town, found)
        _refused(each_town, found)
        _broken(each_town, found)
    finally:
        sys.stderr = kept
        structlog.reset_defaults()
        logging.basicConfig(handlers=[], force=True)
    found.log = log.getvalue()
    return found


def _resident(town: Town, emulator: str, found: Canaries) -> None:
    with requests.Session() as http:
        http.trust_env = False
        code = http.post(f"{emulator}/_emulator/codes", json={"openid": OPENID}, timeout=5).json()["code"]
    found.secrets["code"] = code
    anyone = town.people["anyone"]
    came = asked(anyone, "POST", "/session", {"code": code})
    assert came.status_code == 201, came.text
    found.secrets["token"] = came.json["token"]
    headers = {"Authorization": f"Bearer {came.json['token']}"}
    named = asked(anyone, "PUT", "/me", {"name": NAME, "street": STREET}, headers=headers)
    assert named.json["name"] == NAME
    assert asked(anyone, "GET", "/me", headers=headers).json["name"] == NAME
    assert asked(anyone, "POST", "/session", {"code": code}).status_code in (401, 403, 409, 422)


def _staff(town: Town, found: Canaries) -> None:
    anyone, admin = town.people["anyone"], town.people["admin"]
    invited = asked(admin, "POST", "/staff/members", {"name": "金丝雀看守", "roles": [Role.REVIEWER.value]})
    found.secrets["setup_token"] = invited.json["setup_token"]
    body = {"setup_token": invited.json["setup_token"], "password": PASSWORD}
    enrolled = asked(anyone, "PUT", "/staff/password", body)
    assert enrolled.status_code == 200, enrolled.text
    found.secrets |= {"password": PASSWORD, "otp_secret": enrolled.json["otp_secret"]}
    otp = pyotp.TOTP(enrolled.json["otp_secret"]).at(int(town.app.extensions["civic_clock"].now().timestamp()))
    came = asked(anyone, "POST", "/staff/session", {"name": "金丝雀看守", "password": PASSWORD, "otp": otp})
    assert came.status_code == 201, came.text
    found.secrets["staff_token"] = came.json["token"]
    partner = asked(admin, "POST", "/staff/partners", {"name": "金丝雀平台"})
    found.secrets["api_key"] = partner.json["api_key"]
    form = {"api_key": found.secrets["api_key"], "service_code": "x", "description": "x", "phone": PHONE}
    town.app.test_client().post("/open311/v2/requests.json", data=form)
    merchant = town.ids["merchant"]
    clerk = {"name": "金丝雀柜台", "password": PASSWORD, "shop": town.ids["shop"], "role": "clerk"}
    assert asked(admin, "POST", f"/staff/merchants/{merchant}/clerks", clerk).status_code == 201
    sign_in = {"name": "金丝雀柜台", "password": PASSWORD}
    found.secrets["clerk_token"] = asked(anyone, "POST", "/merchant/session", sign_in).json["token"]


def _refused(town: Town, found: Canaries) -> None:
    """The same data where it is wrong: no refusal may hand it back."""
    anyone, reporter = town.people["anyone"], town.people["reporter"]
    ticket = {"category": "暴露垃圾", "description": "x", "address": "x"}
    wrong: list[tuple[Any, str, str, Any]] = [
        (anyone, "POST", "/session", {"code": found.secrets["code"] + "x", "phone": PHONE}),
        (anyone, "POST", "/session", {"code": ID_NUMBER}),
        (anyone, "POST", "/staff/session", {"name": "金丝雀看守", "password": PASSWORD + "!", "otp": "12345a"}),
        (anyone, "POST", "/staff/session", {"name": "金丝雀看守", "password": PASSWORD, "otp": "000000"}),
        (anyone, "POST", "/merchant/session", {"name": "金丝雀柜台", "password": PASSWORD + "!"}),
        (anyone, "PUT", "/staff/password", {"setup_token": found.secrets["setup_token"], "password": PASSWORD}),
        (anyone, "PUT", "/staff/password", {"setup_token": "t" * 30, "password": PHONE}),
        (reporter, "POST", "/tickets", ticket | {"description": f"找 {PHONE} 或 {ID_NUMBER}"}),
        (reporter, "POST", "/tickets", ticket | {"category": PHONE}),
        (reporter, "PUT", "/me", {"name": NAME * 20, "street": PHONE}),
        (reporter, "GET", f"/tickets?category={PHONE}&unit={ID_NUMBER}&x={found.secrets['token']}", None),
        (reporter, "GET", f"/photos/{found.secrets['token']}", None),
    ]
    for person, method, path, body in wrong:
        answer = asked(person, method, path, body)
        found.refusals.append(json.dumps(problem_of(answer), ensure_ascii=False))
    for token in (found.secrets["token"] + "x", found.secrets["api_key"]):
        answer = asked(anyone, "GET", "/me", headers={"Authorization": f"Bearer {token}"})
        found.refusals.append(json.dumps(problem_of(answer), ensure_ascii=False))


def _broken(town: Town, found: Canaries) -> None:
    """A fault with a canary in hand: its traceback is logged, its answer says nothing."""
    views, name = town.app.view_functions, "residents.see_me"
    good = views[name]

    def broken() -> None:
        token = found.secrets["token"]
        raise RuntimeError(f"lost {PHONE} with Bearer {token} of {ID_NUMBER}")

    views[name] = broken
    try:
        answer = asked(town.people["anyone"], "GET", "/me", headers={"Authorization": "Bearer x"})
    finally:
        views[name] = good
    problem = problem_of(answer)
    assert (problem["status"], problem["code"]) == (500, "fault")
    found.refusals.append(json.dumps(problem, ensure_ascii=False))


def _seen_in(haystack: str, *groups: dict[str, str]) -> list[str]:
    return [name for group in groups for name, value in group.items() if value in haystack]


NUMBERS = {"phone": PHONE, "id_number": ID_NUMBER}


def test_the_log_says_who_asked_what_and_holds_no_canary(flown: Canaries) -> None:
    lines = [json.loads(line) for line in flown.log.splitlines()]
    asked_for = [line for line in lines if line["event"] == "request"]
    assert len(asked_for) > 25
    assert all(line["request_id"] and line["route"] and line["status"] for line in asked_for)
    assert any(line["event"] == "fault" and "RuntimeError" in line["exception"] for line in lines)
    assert _seen_in(flown.log, flown.secrets, flown.personal, NUMBERS) == []


def test_no_refusal_hands_a_canary_back(flown: Canaries) -> None:
    assert len(flown.refusals) >= 15
    assert _seen_in("\n".join(flown.refusals), flown.secrets, flown.personal, NUMBERS) == []


def test_no_metric_holds_a_canary(each_town: Town, flown: Canaries) -> None:
    metrics = each_town.app.test_client().get("/metrics").text
    assert "civic_requests_total" in metrics
    assert _seen_in(metrics, flown.secrets, flown.personal, NUMBERS) == []


def test_the_books_hold_no_canary_in_clear(each_town: Town, flown: Canaries) -> None:
    with each_town.app.app_context():
        url = db.engine.url
        dump = _dump()
        db.session.rollback()
    assert "first_answer" in dump
    assert _seen_in(dump, flown.secrets, flown.personal) == []
    if url.get_backend_name() == "sqlite":
        files = [file.read_bytes() for file in sorted(Path(str(url.database)).parent.glob("*.sqlite*"))]
        assert files
        for name, value in (flown.secrets | flown.personal).items():
            assert not any(value.encode() in file for file in files), name


def _dump() -> str:
    """Every row of every table."""
    parts = []
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(text(f'SELECT * FROM "{table.name}"')):
            parts.append(f"{table.name} {tuple(row)!r}")
    return "\n".join(parts)


def test_redis_holds_no_canary_in_clear(
    each_town: Town, flown: Canaries, ledger_server: Any, cache_server: Any
) -> None:
    for server in (ledger_server, cache_server):
        with server.client() as client:
            dump = "\n".join(_everything(client))
        assert dump
        assert _seen_in(dump, flown.secrets, flown.personal, NUMBERS) == []
    for file in sorted(ledger_server.directory.rglob("*.aof")):
        content = file.read_bytes()
        assert not [name for name, value in flown.secrets.items() if value.encode() in content]


def _everything(client: redis.Redis) -> Iterator[str]:
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        ways: dict[str, Any] = {
            "string": client.get,
            "hash": client.hgetall,
            "set": client.smembers,
            "list": lambda name: client.lrange(name, 0, -1),
            "zset": lambda name: client.zrange(name, 0, -1, withscores=True),
            "stream": client.xrange,
        }
        yield f"{key} {ways[kind](key)!r}"


def test_a_canary_is_found_where_it_is(each_town: Town, flown: Canaries) -> None:
    """The control: the same search finds a person's name in that person's own answer."""
    headers = {"Authorization": f"Bearer {flown.secrets['token']}"}
    told = each_town.app.test_client().get(f"{BASE}/me", headers=headers).get_data(as_text=True)
    assert _seen_in(told, flown.personal) == ["name"]
