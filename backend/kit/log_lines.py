"""What operators read: JSON log lines with a request id and no personal datum."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog

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


def line(_logger: object, _name: str, event: Any) -> str:
    """The end of the chain: an event as one line of JSON that holds nothing `redact` would take out.

    Most events are flat and have nothing in them that looks like a secret: that is seen at one glance at the whole
    line, since writing as JSON splits none of the patterns. All others are taken apart.
    """
    if _are_plain(tuple(event)) and _FLAT.issuperset(map(type, event.values())):
        text = _as_json(event)
        if _SUSPECT.search(text) is None:
            return text
    return _as_json(redact(_logger, _name, event))


_FLAT = frozenset({str, int, float, bool, type(None)})
_as_json = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(1024)
def _are_plain(names: tuple[str, ...]) -> bool:
    return not any(map(_is_secret, names))


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
        self._alone = threading.Lock()

    def say(self, text: str) -> None:
        """One line, at once and whole."""
        with self._alone:
            self.write(text + "\n")
            self.flush()

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except OSError:
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            return


_out: _Patient | None = None
"""Where requests are written, once logging was started and if they are wanted."""


def say_request(request_id: str, **said: object) -> None:
    """One line for each request: the most frequent of all, so it goes the short way, through `line` alone."""
    if _out is None or not structlog.is_configured():
        structlog.get_logger().info("request", **said)
        return
    at = datetime.now(UTC).isoformat()[:-6] + "Z"
    event = {**said, "request_id": request_id, "event": "request", "level": "info", "timestamp": at}
    _out.say(line(None, "info", event))


def start_logging(level: str) -> None:
    """JSON lines on standard error, for our own logger and for the standard library's."""
    global _out  # noqa: PLW0603 - there is one standard error, and one start
    least = getattr(logging, level.upper())
    out = _Patient(sys.stderr)
    _out = out if least <= logging.INFO else None
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, line],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", out)),
        cache_logger_on_first_use=False,
    )
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, line]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
