"""Identifiers that carry their time: UUID version 7 (RFC 9562)."""

from __future__ import annotations

import re
from datetime import datetime

import uuid_utils

from points.clock import from_ms, to_ms

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_id(at: datetime) -> str:
    """A fresh UUIDv7 whose time is `at`, in the canonical lower-case form of 36 characters."""
    return str(uuid_utils.uuid7(nanoseconds=to_ms(at) * 1_000_000))


def is_id(text: object) -> bool:
    """Whether `text` is a UUIDv7 in canonical lower-case form."""
    return isinstance(text, str) and _UUID7.fullmatch(text) is not None


def time_of(identifier: str) -> datetime:
    """The time an identifier carries; raises ValueError when it is no UUIDv7."""
    if not is_id(identifier):
        raise ValueError("not a UUIDv7")
    return from_ms(int(identifier[:8] + identifier[9:13], 16))
