"""What operators see: JSON logs with a request id and no personal datum, metrics, and health."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO, cast

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

_SECRET_NAME = re.compile(r"token|secret|password|authorization|code$|_key$|phone|id_number|openid|real_name", re.I)
_UUID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d{9}(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_BEARER = re.compile(r"(?i)(bearer\s+|secret=|access_token=|js_code=)[\w\-.~+/]+=*")
_SUSPECT = re.compile(r"(?i)\d{11}|bearer|secret=|access_token=|js_code=")
"""What every text has in which one of the patterns above finds something; most texts have none of it."""


def redact(_logger: object, _name: str, event: Any) -> Any:
    """Take out of a log line what must never stand in one: secrets by name, phones and ID numbers by shape."""
    return {key: "[redacted]" if _is_secret(key) else cleaned(value) for key, value in event.items()}


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def cleaned(value: Any) -> Any:
    """A value without phones, ID numbers, tokens and what is secret by its name."""
    if isinstance(value, Mapping):
        return {_said(str(k)): "[redacted]" if _is_secret(str(k)) else cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [cleaned(v) for v in value]
    text = str(value)
    said = _said(text)
    return value if said == text and isinstance(value, str | int | float | None) else said


def _said(text: str) -> str:
    if _SUSPECT.search(text) is None:
        return text
    text = _BEARER.sub(r"\1[redacted]", text)
    return "".join(
        part if _UUID.fullmatch(part) else _ID_NUMBER.sub("[id number]", _PHONE.sub("[phone]", part))
        for part in _UUID.split(text)
    )


class _Patient:
    """Where log lines go. On a full disk they are lost, and no request fails for that."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def start_logging(level: str) -> None:
    """JSON lines on standard error, for our own logger and for the standard library's."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


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
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if re.fullmatch(r"[0-9A-Za-z-]{8,64}", given) else new_id(now())
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    took = time.perf_counter() - g.get("began", time.perf_counter())
    REQUESTS.labels(request.method if request.url_rule else "other", route, str(response.status_code)).inc()
    SECONDS.labels(request.method if request.url_rule else "other", route).observe(took)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    structlog.get_logger().info(
        "request",
        method=request.method,
        route=route,
        status=response.status_code,
        ms=round(took * 1000, 1),
        caller=g.get("caller_name", ""),
    )
    return response


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
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
