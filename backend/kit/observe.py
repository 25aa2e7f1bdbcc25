"""What operators see: an id, a log line and a measurement of each request, metrics, and health."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from functools import cache

import structlog
from flask import Flask, Response, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from backend.kit.clock import now
from backend.kit.log_lines import say_request
from points.ids import new_id

REGISTRY = CollectorRegistry()
REQUESTS = Counter("civic_requests_total", "Requests answered", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram("civic_request_seconds", "Time to answer", ["method", "route"], registry=REGISTRY)
LAG = Gauge(
    "civic_journal_lag_entries",
    "Ledger entries not yet in the journal",
    ["district"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
WAITING = Gauge(
    "civic_outbox_waiting", "Outbox rows not yet delivered", registry=REGISTRY, multiprocess_mode="livemostrecent"
)
MEMORY = Gauge(
    "civic_ledger_memory_share",
    "How much of its memory the ledger's server uses; past 1 it takes no postings, 0 where it has no limit",
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)

REQUEST_ID = "civic.request_id"
"""Where the request's environment holds its id; the edge says it in the answer."""
_GIVEN = re.compile(r"[0-9A-Za-z-]{8,64}")


def watch(
    app: Flask, checks: Mapping[str, Callable[[], bool]], measure: Callable[[], None], *, public_metrics: bool
) -> None:
    """Give each request an id, a log line and a measurement; serve /healthz, /readyz and, where allowed, /metrics.

    `checks` names what must answer (`books`, `ledger`, `cache`); `measure` sets the gauges when metrics are asked for.
    """
    app.before_request(_begin)
    app.after_request(_end)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    app.add_url_rule("/readyz", "readyz", lambda: _ready(checks))
    if public_metrics:
        app.add_url_rule("/metrics", "metrics", lambda: _metrics(measure))


def _begin() -> None:
    environ, mine = request.environ, g._get_current_object()
    given = environ.get("HTTP_X_REQUEST_ID", "")
    identifier = given if _GIVEN.fullmatch(given) else new_id(now())
    environ[REQUEST_ID] = mine.request_id = identifier
    mine.began = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=identifier)


def _end(response: Response) -> Response:
    asked, said = request._get_current_object(), g.get  # type: ignore[attr-defined]  # typed as what it stands for
    rule, ended = asked.url_rule, time.perf_counter()
    method, route = (asked.method, rule.rule) if rule else ("other", "none")
    took, status = ended - said("began", ended), response.status_code
    _requests(method, route, status).inc()
    _seconds(method, route).observe(took)
    told = {"method": asked.method, "route": route, "status": status, "ms": round(took * 1000, 1)}
    say_request(said("request_id", ""), **told, caller=said("caller_name", ""))
    return response


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))


@cache
def _seconds(method: str, route: str) -> Histogram:
    return SECONDS.labels(method, route)


def _ready(checks: Mapping[str, Callable[[], bool]]) -> tuple[Response, int]:
    """Which parts work. Rewards are redeemed while the books are down, so only the loss of the rest answers 503."""
    works = {name: check() for name, check in checks.items()}
    status = "ready" if all(works.values()) else "degraded" if works["ledger"] and works["cache"] else "down"
    return jsonify(status=status, works=works), 503 if status == "down" else 200


def _metrics(measure: Callable[[], None]) -> Response:
    """All processes' figures together; what is a state of the servers is read when it is asked for."""
    measure()
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
