"""What operators ask: alive, ready, and how it goes; and what is said when a server is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from points.clock import FixedClock
from tests.app import NOON, build, put_away
from tests.cast import Cast
from tests.contract.surface import problem_of
from tests.postgres import Postgres
from tests.servers import Valkey

Make = Callable[..., Flask]
DOWN_WITHIN_SECONDS = 10


@pytest.fixture
def make(tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    """Makes the service on given servers; a copy of the SQLite template unless told otherwise."""
    made: list[Flask] = []

    def build_on(ledger: str, cache: str, database: str = "") -> Flask:
        path = tmp_path / "books.sqlite"
        path.write_bytes(sqlite_template.read_bytes())
        made.append(build(database or f"sqlite:///{path}", ledger, cache, tmp_path, FixedClock(NOON), {}))
        return made[-1]

    yield build_on
    for app in made:
        with app.app_context():
            put_away(app)


def ready(app: Flask) -> tuple[int, dict[str, Any]]:
    began = time.monotonic()
    answer = app.test_client().get("/readyz")
    assert time.monotonic() - began < DOWN_WITHIN_SECONDS
    return answer.status_code, dict(answer.json)


def test_a_service_whose_servers_answer_is_ready(app: Flask) -> None:
    status, told = ready(app)
    assert (status, told["status"]) == (200, "ready")
    assert {"books", "ledger", "cache"} <= told["works"].keys()
    assert all(told["works"].values())


def test_alive_needs_no_server_at_all(make: Make) -> None:
    app = make("unix:///nowhere/ledger.sock", "unix:///nowhere/cache.sock", "sqlite:////nowhere/books.sqlite")
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("part", ["ledger", "cache"])
def test_readiness_names_the_redis_that_is_away_and_sees_it_come_back(
    make: Make, private_valkey: Callable[..., Valkey], part: str
) -> None:
    servers = {"ledger": private_valkey(), "cache": private_valkey()}
    app = make(servers["ledger"].url, servers["cache"].url)
    assert ready(app)[0] == 200
    servers[part].kill()
    status, told = ready(app)
    assert (status, told["status"], told["works"][part]) == (503, "down", False)
    assert told["works"]["books"] is True
    servers[part].start()
    assert ready(app)[1]["works"][part] is True


def test_requests_are_refused_as_unavailable_while_a_redis_is_away(
    make: Make, private_valkey: Callable[..., Valkey]
) -> None:
    ledger, cache = private_valkey(), private_valkey()
    app = make(ledger.url, cache.url)
    with app.app_context():
        resident = Cast(app).resident()
    ledger.kill()
    points = resident.get("/me/points")
    assert (points.status_code, problem_of(points)["retry"]) == (503, True)
    assert points.headers["Retry-After"]
    assert resident.get("/me").status_code == 200
    cache.kill()
    me = resident.get("/me")
    assert (me.status_code, problem_of(me)["retry"]) == (503, True)
    said = app.test_client().post("/api/v1/session", json={"code": "x"})
    assert said.status_code == 503, said.text


def test_readiness_names_books_that_are_away_and_goes_on_without(
    make: Make, ledger_server: Valkey, cache_server: Valkey, postgres_server: Postgres
) -> None:
    """Rewards are redeemed without the books, so the service stays in turn; what needs them is refused."""
    app = make(ledger_server.url, cache_server.url, postgres_server.url("nowhere"))
    status, told = ready(app)
    assert (status, told["status"], told["works"]["books"], told["works"]["ledger"]) == (200, "degraded", False, True)
    answer = app.test_client().post("/api/v1/staff/session", json={"name": "谁", "password": "x"})
    assert (answer.status_code, problem_of(answer)["code"]) == (503, "books_unavailable")
    assert problem_of(answer)["retry"] is True


def test_metrics_count_requests_by_route_and_not_by_path(app: Flask) -> None:
    client = app.test_client()
    for number in range(3):
        client.get(f"/api/v1/rewards/{number}")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    counted = [line for line in answer.text.splitlines() if line.startswith("civic_requests_total{")]
    assert any('route="/api/v1/rewards/<id>"' in line and 'status="401"' in line for line in counted)
    assert not any("/api/v1/rewards/0" in line for line in counted)
    for name in ("civic_request_seconds_bucket", "civic_journal_lag_entries", "civic_outbox_waiting"):
        assert name in answer.text


@pytest.mark.parametrize("setting", ["public_metrics", "public_docs"])
def test_production_can_close_metrics_and_docs(
    tmp_path: Path, sqlite_template: Path, ledger_server: Valkey, cache_server: Valkey, setting: str
) -> None:
    url = f"sqlite:///{sqlite_template}"
    closed = {"service": {"public_metrics": False, "public_docs": False}}
    client = build(url, ledger_server.url, cache_server.url, tmp_path, FixedClock(NOON), closed).test_client()
    paths = {"public_metrics": ["/metrics"], "public_docs": ["/api/v1/docs/", "/api/v1/docs", "/api/v1/openapi.json"]}
    for path in paths[setting]:
        assert problem_of(client.get(path))["code"] == "no_such_path"
    assert client.get("/api/v1/places/streets").status_code == 200
