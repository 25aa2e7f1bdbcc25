"""Every 'no' has one shape, in the caller's language; a fault is logged whole and told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from backend.kit.db import db
from backend.kit.errors import STATUS, ProblemSchema
from points.errors import KINDS, Category, Kind
from tests.backend.kit.probe import Probe
from tests.cast import Cast

BODY = {"text": "a"}


@contextmanager
def books_away() -> Iterator[None]:
    """The application's own engine, pointed at a database that is not there."""
    db.session.remove()
    engine = db.engine
    db.engines[None] = create_engine("postgresql+psycopg://nobody@/x?host=/nowhere")
    try:
        yield
    finally:
        db.session.remove()
        db.engines[None] = engine


def broken(app: Flask, then: Any, path: str = "/broken") -> TestResponse:
    """What a path answers when its view does `then`."""
    app.add_url_rule(path, path, then)
    return app.test_client().get(path)


def test_a_refusal_has_the_status_of_its_category_and_the_one_shape(app: Flask) -> None:
    def refuse() -> None:
        raise Kind("made_up", Category(request.path[1:]), zh="差 {short} 分。", en="Short of {short}.", retry=True)(
            short=7
        )

    for category in Category:
        app.add_url_rule(f"/{category.value}", category.value, refuse)
    for category in Category:
        answer = app.test_client().get(f"/{category.value}")
        assert answer.status_code == STATUS[category]
        assert answer.content_type == "application/problem+json"
        assert ProblemSchema().validate(answer.json) == {}
        assert answer.json == {
            "type": "about:blank",
            "title": "Short of 7.",
            "status": STATUS[category],
            "code": "made_up",
            "detail": "差 7 分。",
            "retry": True,
            "request_id": answer.headers["X-Request-Id"],
            "details": {"short": 7},
        }


def test_the_sentence_is_in_the_callers_language(client: FlaskClient) -> None:
    for wanted, language, start in (
        (None, "zh-CN", "登录"),
        ("zh-CN", "zh-CN", "登录"),
        ("zh", "zh-CN", "登录"),
        ("en", "en", "The sign-in"),
        ("en-GB,en;q=0.9", "en", "The sign-in"),
        ("fr", "zh-CN", "登录"),
        ("en;q=0.1,zh;q=0.9", "zh-CN", "登录"),
        (";;;q=x,,", "zh-CN", "登录"),
    ):
        answer = client.get("/api/v1/me", headers={"Accept-Language": wanted} if wanted else {})
        assert (wanted, answer.headers["Content-Language"]) == (wanted, language)
        assert answer.json["detail"].startswith(start)


def test_every_refusal_of_the_service_speaks_two_languages(app: Flask) -> None:
    for kind in KINDS.values():
        assert any("一" <= letter <= "鿿" for letter in kind.zh), kind.code
        assert not any("一" <= letter <= "鿿" for letter in kind.en), kind.code
        assert kind.code.replace("_", "").isalnum(), kind.code
        assert kind.category in STATUS


def test_what_flask_itself_refuses_has_the_same_shape(client: FlaskClient) -> None:
    for method, path, status, code in (
        ("GET", "/", 404, "no_such_path"),
        ("GET", "/api/v1/nothing", 404, "no_such_path"),
        ("GET", "/api/v1/%00", 404, "no_such_path"),
        ("PUT", "/api/v1/session", 405, "method_not_allowed"),
        ("PATCH", "/api/v1/me", 405, "method_not_allowed"),
        ("BREW", "/api/v1/me", 405, "method_not_allowed"),
    ):
        answer = client.open(path, method=method)
        assert (path, answer.status_code, answer.json["code"]) == (path, status, code)
        assert answer.content_type == "application/problem+json"
        assert ProblemSchema().validate(answer.json) == {}


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    assert set(client.put("/api/v1/session").headers["Allow"].split(", ")) >= {"DELETE", "POST"}


def test_wrong_fields_are_named(cast: Cast, probe: Probe) -> None:
    answer = cast.resident().post("/probe", {"text": "", "more": 1})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")
    assert set(answer.json["errors"]["json"]) == {"text", "more"}


def test_a_body_that_is_too_large_is_refused(cast: Cast, probe: Probe) -> None:
    answer = cast.resident().post("/probe", {"text": "x" * 1_000_000})
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_any_status_that_is_aborted_with_has_the_shape(app: Flask) -> None:
    app.add_url_rule("/abort/<int:code>", "aborted", abort)
    for status in (400, 401, 403, 404, 408, 409, 411, 414, 418, 429, 431, 503, 505):
        answer = app.test_client().get(f"/abort/{status}")
        assert answer.status_code == status
        assert ProblemSchema().validate(answer.json) == {}


class TestAFault:
    """A bug: the person gets a sentence and a number, the log gets all of it."""

    CANARY = "canary-in-the-code"

    def answer(self, app: Flask) -> TestResponse:
        def fail() -> None:
            raise ZeroDivisionError(self.CANARY)

        return broken(app, fail)

    def test_it_answers_500_in_the_same_shape_and_says_nothing_of_the_inside(self, app: Flask) -> None:
        answer = self.answer(app)
        assert (answer.status_code, answer.json["code"], answer.json["retry"]) == (500, "fault", False)
        assert answer.json["status"] == 500
        for inside in (self.CANARY, "Traceback", "ZeroDivision", ".py"):
            assert inside not in answer.text

    def test_it_is_logged_with_its_traceback_and_the_request_id(
        self, app: Flask, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = self.answer(app)
        log = "".join(capsys.readouterr())
        assert self.CANARY in log
        assert "Traceback" in log
        assert answer.json["request_id"] in log


class TestTheBooksAreAway:
    def test_it_is_said_with_a_wait_and_without_an_inside(self, cast: Cast) -> None:
        resident = cast.resident()
        with books_away():
            answer = resident.get("/me")
        assert (answer.status_code, answer.json["code"], answer.json["retry"]) == (503, "books_unavailable", True)
        assert answer.headers["Retry-After"] == "1"
        assert "nowhere" not in answer.text
        assert resident.get("/me").status_code == 200

    def test_a_statement_that_cannot_be_is_a_fault_and_not_an_outage(self, app: Flask) -> None:
        answer = broken(app, lambda: db.session.execute(text("SELECT nothing FROM nowhere")))
        db.session.rollback()
        assert (answer.status_code, answer.json["code"]) == (500, "fault")


def test_no_answer_is_kept_by_browsers_or_proxies(client: FlaskClient) -> None:
    for path in ("/api/v1/me", "/api/v1/places/streets", "/api/v1/nothing", "/healthz"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_request_id_that_is_not_one_is_replaced(client: FlaskClient) -> None:
    for given in ("", "short", "x" * 65, "a b c d e f", "idé-12345678", "<script>alert(1)</script>"):
        made = client.get("/api/v1/me", headers={"X-Request-Id": given}).json["request_id"]
        assert made != given
        assert len(made) == 36


def test_a_callers_request_id_is_kept(client: FlaskClient) -> None:
    answer = client.get("/api/v1/me", headers={"X-Request-Id": "trace-0123456789"})
    assert answer.json["request_id"] == answer.headers["X-Request-Id"] == "trace-0123456789"
