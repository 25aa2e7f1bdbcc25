"""The clock a request runs by: the one that was wired in, never the machine's own."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from points.clock import Clock
from points.ids import new_id


def clock() -> Clock:
    wired: Clock = current_app.extensions["civic_clock"]
    return wired


def now() -> datetime:
    """The time now, aware, in UTC."""
    return clock().now()


def fresh_id() -> str:
    """A new UUIDv7 that carries the time now."""
    return new_id(now())
