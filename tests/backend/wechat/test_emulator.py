"""The stand-in keeps WeChat's wire contract, where the product's own code does not already show it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.wechat.emulator import EmulatedApp, PushTarget, create_emulator
from backend.wechat.emulator.template_fields import fits
from points.clock import FixedClock, SystemClock
from tests.serving import serving

APP = EmulatedApp("wxapp", "secret", templates={"template": ["thing1"]}, media_check_seconds=0.05)
ASKED = {"grant_type": "client_credential", "appid": "wxapp", "secret": "secret"}
TARGET = PushTarget("http://service.example/push", "token", "E" * 43)
PERSON = "oMadeUp-1"


@pytest.fixture
def wire(clock: FixedClock) -> FlaskClient:
    """The emulator without a network in between."""
    return create_emulator(APP, clock, timers=False).test_client()


def token(wire: FlaskClient, **more: Any) -> str:
    return str(wire.post("/cgi-bin/stable_token", json=ASKED | more).json["access_token"])


def text_check(wire: FlaskClient, with_token: str) -> int:
    wire.post("/_emulator/visits", json={"openid": PERSON})
    asked = {"content": "好", "version": 2, "scene": 1, "openid": PERSON}
    return int(wire.post(f"/wxa/msg_sec_check?access_token={with_token}", json=asked).json["errcode"])


def test_errors_come_as_http_200_with_a_number_and_the_name_of_the_request(wire: FlaskClient) -> None:
    answer = wire.get("/sns/jscode2session?appid=wxapp&secret=secret&grant_type=authorization_code&js_code=x")
    assert answer.status_code == 200
    assert answer.json["errcode"] == 40029
    assert re.fullmatch(r"invalid code, rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", answer.json["errmsg"])


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "other"}, 40013),
        ({"secret": "other"}, 40125),
    ],
)
def test_a_token_needs_the_right_app(wire: FlaskClient, change: dict[str, str], errcode: int) -> None:
    assert wire.post("/cgi-bin/stable_token", json=ASKED | change).json["errcode"] == errcode


def test_a_body_must_be_there_and_be_an_object(wire: FlaskClient) -> None:
    for body, errcode in ((b"", 44002), (b"{", 47001), (b"[]", 47001), (b"[" * 100_000, 47001)):
        assert wire.post("/cgi-bin/stable_token", data=body).json["errcode"] == errcode
    assert wire.get("/cgi-bin/stable_token").json["errcode"] == 43002
    assert wire.post("/sns/jscode2session").json["errcode"] == 43001


def test_the_stable_token_stays_until_five_minutes_before_its_end_and_then_overlaps(
    wire: FlaskClient, clock: FixedClock
) -> None:
    first = token(wire)
    clock.advance(minutes=114)
    assert token(wire) == first
    clock.advance(minutes=1)
    second = token(wire)
    assert second != first
    assert (text_check(wire, first), text_check(wire, second)) == (0, 0)
    clock.advance(minutes=5)
    assert (text_check(wire, first), text_check(wire, second)) == (42001, 0)


def test_a_token_that_is_missing_invented_or_revoked_is_refused_by_number(wire: FlaskClient) -> None:
    good = token(wire)
    assert [text_check(wire, given) for given in (good, "", "invented")] == [0, 41001, 40014]
    wire.post("/_emulator/tokens/revoke", json={})
    assert text_check(wire, good) == 40001


def test_forced_renewals_end_the_old_token_and_are_counted(wire: FlaskClient, clock: FixedClock) -> None:
    clock.at = clock.at.replace(hour=0)
    old = token(wire)
    forced = ASKED | {"force_refresh": True}
    for _ in range(20):
        assert wire.post("/cgi-bin/stable_token", json=forced).json["access_token"] != old
        assert wire.post("/cgi-bin/stable_token", json=forced).json["errcode"] == 45011
        clock.advance(seconds=30)
    assert text_check(wire, old) == 40001
    assert wire.post("/cgi-bin/stable_token", json=forced).json["errcode"] == 45009
    clock.advance(days=1)
    assert "access_token" in wire.post("/cgi-bin/stable_token", json=forced).json


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "字" * 20, "字" * 21),
        ("character_string1", "A" * 32, "编号"),
        ("phrase1", "已通过了", "五个字以上的"),
        ("name1", "演示居民", "字" * 11),
        ("number1", "9" * 32, "9" * 33),
        ("amount1", "¥9999999999.99", "9" * 11),
        ("date1", "2026-11-20", "\t"),
    ],
)
def test_template_fields_keep_wechats_bounds(name: str, good: str, bad: str) -> None:
    assert fits(name, good)
    assert not fits(name, bad)
    assert not fits(name, "")
    assert not fits(name, 5)


@pytest.mark.parametrize(
    "asked",
    [
        {"touser": ["x"]},
        {"touser": PERSON, "template_id": {}},
        {"touser": PERSON, "template_id": "template", "page": []},
    ],
)
def test_odd_types_get_a_number_and_no_fault(wire: FlaskClient, asked: dict[str, Any]) -> None:
    wire.post("/_emulator/visits", json={"openid": PERSON})
    given = token(wire)
    for path in ("/cgi-bin/message/subscribe/send", "/wxa/getwxacodeunlimit", "/wxa/media_check_async"):
        answer = wire.post(f"{path}?access_token={given}", json=asked | {"scene": [], "version": 2, "openid": {}})
        assert answer.status_code == 200
        assert answer.json["errcode"] != 0


@pytest.mark.parametrize(
    ("switch", "body"),
    [
        ("codes", {}),
        ("codes", {"openid": "a b"}),
        ("codes", {"openid": "o1", "more": 1}),
        ("codes", [1]),
        ("faults", {"times": 0}),
        ("faults", {"seconds": 1e9}),
        ("templates", {"template_id": "t", "fields": ["nothing_like_it"]}),
        ("media-verdicts", {"suggest": "fine"}),
    ],
)
def test_a_switch_used_wrongly_says_so(wire: FlaskClient, switch: str, body: Any) -> None:
    answer = wire.post(f"/_emulator/{switch}", json=body)
    assert answer.status_code == 400
    assert answer.json["errors"]


def test_the_page_shows_what_is_going_on_and_takes_no_markup(wire: FlaskClient) -> None:
    code = wire.post("/_emulator/codes", json={"openid": PERSON}).json["code"]
    wire.post("/_emulator/credits", json={"openid": PERSON, "template_id": "template"})
    asked = {"touser": PERSON, "template_id": "template", "data": {"thing1": {"value": "<script>好</script>"[:20]}}}
    assert wire.post(f"/cgi-bin/message/subscribe/send?access_token={token(wire)}", json=asked).json["errcode"] == 0
    page = wire.get("/").text
    assert code in page
    assert "微信模拟器" in page
    assert "<script" not in page


def _pushing(clock: FixedClock, taken: list[str], answer: Callable[[], bool]) -> FlaskClient:
    def send(url: str, _body: bytes) -> bool:
        taken.append(url)
        return answer()

    wire = create_emulator(APP, clock, push=TARGET, send=send, timers=False).test_client()
    wire.post("/_emulator/visits", json={"openid": PERSON})
    return wire


def _ask_for_a_verdict(wire: FlaskClient) -> str:
    asked = {"media_url": "http://p.example/1.jpg", "media_type": 2, "version": 2, "scene": 1, "openid": PERSON}
    answer = wire.post(f"/wxa/media_check_async?access_token={token(wire)}", json=asked)
    return str(answer.json["trace_id"])


def test_a_verdict_is_pushed_twice_and_late_if_told(clock: FixedClock) -> None:
    taken: list[str] = []
    wire = _pushing(clock, taken, lambda: True)
    wire.post("/_emulator/pushes/mode", json={"copies": 2, "late_seconds": 48 * 3600})
    _ask_for_a_verdict(wire)
    clock.advance(hours=48)
    assert wire.post("/_emulator/pushes/deliver").json == {"delivered": 0}
    clock.advance(seconds=1)
    assert wire.post("/_emulator/pushes/deliver").json == {"delivered": 2}
    assert wire.post("/_emulator/pushes/deliver").json == {"delivered": 0}


def test_a_push_nobody_takes_is_tried_three_times(clock: FixedClock) -> None:
    taken: list[str] = []
    wire = _pushing(clock, taken, lambda: False)
    _ask_for_a_verdict(wire)
    for _ in range(6):
        clock.advance(seconds=5)
        wire.post("/_emulator/pushes/deliver")
    assert len(taken) == 3
    assert wire.get("/_emulator/pushes").json["items"][0]["state"] == "given up"


def test_refusing_a_template_empties_its_credits_and_is_told_by_push(clock: FixedClock) -> None:
    wire = _pushing(clock, [], lambda: True)
    wire.post("/_emulator/credits", json={"openid": PERSON, "template_id": "template", "count": 3})
    wire.post("/_emulator/credits", json={"openid": PERSON, "template_id": "template", "count": 0})
    assert wire.get("/_emulator/credits").json["items"] == []
    told = [push["event"]["List"]["SubscribeStatusString"] for push in wire.get("/_emulator/pushes").json["items"]]
    assert told == ["accept", "reject"]


@pytest.fixture
def service() -> Iterator[tuple[str, list[bytes]]]:
    """A service on loopback that takes pushes."""
    bodies: list[bytes] = []
    app = Flask("service")

    @app.post("/push")
    def take() -> str:
        from flask import request

        bodies.append(request.get_data())
        return "success"

    with serving(app) as address:
        yield f"{address}/push", bodies


def test_left_alone_it_pushes_by_itself_over_http(service: tuple[str, list[bytes]]) -> None:
    url, bodies = service
    wire = create_emulator(APP, SystemClock(), push=PushTarget(url, "token", "E" * 43)).test_client()
    wire.post("/_emulator/visits", json={"openid": PERSON})
    _ask_for_a_verdict(wire)
    give_up_at = time.monotonic() + timedelta(seconds=10).total_seconds()
    while not bodies and time.monotonic() < give_up_at:
        time.sleep(0.01)
    assert b"Encrypt" in bodies[0]
