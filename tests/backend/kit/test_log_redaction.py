"""No secret and no personal datum stands in a log line."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.kit import log_lines
from backend.kit.db import db
from backend.kit.log_lines import redact, start_logging
from tests.backend.kit.probe import Probe
from tests.cast import Cast

PHONE = "13800001111"
ID_NUMBER = "370112199001011232"
TOKEN = "canary-token-0123456789abcdef"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Our logging as it runs in production; call it for what was written so far."""
    written, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    start_logging("debug")
    yield written.getvalue
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "api_token",
        "secret",
        "app_secret",
        "password",
        "new_password",
        "Authorization",
        "code",
        "js_code",
        "phone",
        "phone_number",
        "id_number",
        "openid",
        "session_key",
        "real_name",
        "api_key",
        "setup_token",
    ],
)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert redact(None, "", {"event": "e", name: "canary"})[name] == "[redacted]"
    assert redact(None, "", {"event": "e", "inside": {name: "canary"}})["inside"][name] == "[redacted]"
    assert "canary" not in str(redact(None, "", {"event": "e", "list": [{"x": {name: "canary"}}]}))


@pytest.mark.parametrize("name", ["route", "status", "ms", "caller", "event", "kind", "row", "district", "year"])
def test_what_is_no_secret_stays(name: str) -> None:
    assert redact(None, "", {name: "value"})[name] == "value"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"call {PHONE} now", "call [phone] now"),
        (f"+86{PHONE}", "[phone]"),
        (f"0086-{PHONE} 86{PHONE}", "[phone] [phone]"),
        (f"电话{PHONE}。", "电话[phone]。"),
        (ID_NUMBER, "[id number]"),
        ("37011219900101123x", "[id number]"),
        (f"id={ID_NUMBER};", "id=[id number];"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("https://x/sns?appid=1&secret=abc&js_code=def", "https://x/sns?appid=1&secret=[redacted]&js_code=[redacted]"),
        ("access_token=abc_DEF-1", "access_token=[redacted]"),
        ("01a1f71c-7600-7321-82a0-a7acae03ebb1", "01a1f71c-7600-7321-82a0-a7acae03ebb1"),
        ("1763611200000 ms", "1763611200000 ms"),
        ("points: 20", "points: 20"),
    ],
)
def test_phones_id_numbers_and_tokens_are_known_by_their_shape(said: str, kept: str) -> None:
    assert redact(None, "", {"event": said})["event"] == kept
    assert redact(None, "", {"event": "e", "deep": [({"a": said},)]})["deep"][0][0]["a"] == kept


@pytest.mark.parametrize("number", [int(PHONE), int(ID_NUMBER)])
def test_a_phone_that_came_as_a_number_is_known_too(number: int) -> None:
    assert str(number) not in str(redact(None, "", {"event": "e", "n": number, "deep": [number]}))


@pytest.mark.parametrize("thing", [{PHONE}, {PHONE: 1}, ValueError(f"no such phone {PHONE}"), PHONE.encode()])
def test_nothing_hides_a_phone(thing: object) -> None:
    assert PHONE not in str(redact(None, "", {"event": "e", "thing": thing}))


def test_a_log_line_is_one_line_of_json_with_the_request_id(log: Callable[[], str], cast: Cast, probe: Probe) -> None:
    answer = cast.resident().post("/probe", {"text": "多行\n文字"})
    lines = [json.loads(line) for line in log().splitlines()]
    last = lines[-1]
    assert (last["event"], last["route"], last["status"]) == ("request", "/api/v1/probe", 201)
    assert last["request_id"] == answer.headers["X-Request-Id"]
    assert last["level"] == "info"


def test_a_request_leaves_no_token_no_key_and_no_body_in_the_log(
    log: Callable[[], str], cast: Cast, probe: Probe
) -> None:
    resident = cast.resident()
    for body in ({"text": f"{PHONE} {TOKEN}"}, {"text": ID_NUMBER, TOKEN: 1}, {PHONE: PHONE}):
        resident.post("/probe", body)
    resident.get(f"/photos/{TOKEN}", secret=TOKEN)
    written = log()
    assert written.count('"request"') == 4
    for canary in (resident.token, PHONE, ID_NUMBER, TOKEN):
        assert canary not in written


def test_a_fault_is_logged_without_what_it_held(log: Callable[[], str], cast: Cast, probe: Probe) -> None:
    def fail() -> None:
        raise RuntimeError(f"phone {PHONE}, id {ID_NUMBER}, header Bearer {TOKEN}")

    probe.then = fail
    assert cast.resident().post("/probe", {"text": "a"}).status_code == 500
    written = log()
    assert "RuntimeError" in written
    for canary in (PHONE, ID_NUMBER, TOKEN):
        assert canary not in written


def test_a_statement_that_fails_is_logged_without_its_values(log: Callable[[], str], app: Flask) -> None:
    app.add_url_rule(
        "/broken", "broken", lambda: db.session.execute(text("INSERT INTO nowhere VALUES (:v)"), {"v": TOKEN})
    )
    assert app.test_client().get("/broken").status_code == 500
    db.session.rollback()
    written = log()
    assert "nowhere" in written
    assert TOKEN not in written


def test_the_standard_librarys_loggers_are_cleaned_the_same_way(log: Callable[[], str]) -> None:
    logging.getLogger("some.library").warning("calling %s with Bearer %s", PHONE, TOKEN)
    logging.getLogger("some.library").error("failed", exc_info=ValueError(PHONE))
    written = log()
    assert "[phone]" in written
    for line in written.splitlines():
        json.loads(line)
    assert PHONE not in written
    assert TOKEN not in written


@given(st.text(alphabet="0123456789 xX+-ab86Bearer=secret_js.code", max_size=60))
def test_what_is_passed_over_quickly_had_nothing_to_take_out(said: str) -> None:
    if log_lines._SUSPECT.search(said) is None:
        assert not any(each.search(said) for each in (log_lines._PHONE, log_lines._ID_NUMBER, log_lines._BEARER))


@given(
    st.dictionaries(
        st.sampled_from(["event", "route", "ms", "caller", "token", "code", "request_id", "thing"]),
        st.text(alphabet='0123456789 xX+-ab86Bearer=secret_js.code"\\\n\x01泉', max_size=40)
        | st.integers()
        | st.sampled_from([None, True, 1.5, int(PHONE), {"token": "a", "b": PHONE}, [ID_NUMBER], ValueError(PHONE)]),
    )
)
def test_the_short_way_writes_what_the_long_way_writes(event: dict[str, object]) -> None:
    assert log_lines.line(None, "info", event) == json.dumps(redact(None, "", event), ensure_ascii=False)


def test_a_level_that_wants_no_requests_gets_none(
    monkeypatch: pytest.MonkeyPatch, log: Callable[[], str], cast: Cast, probe: Probe
) -> None:
    start_logging("warning")
    cast.resident().post("/probe", {"text": "a"})
    assert log() == ""
