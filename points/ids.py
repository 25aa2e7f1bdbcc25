"""Identifiers that carry their time: UUID version 7 (RFC 9562)."""

from __future__ import annotations

import hashlib
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
    return from_ms(ms_of(identifier))


def ms_of(identifier: str) -> int:
    """The milliseconds since 1970 that a UUIDv7 carries; those of the last ones lie past the years a datetime knows."""
    return int(identifier[:8] + identifier[9:13], 16)


def first_at(at: datetime) -> str:
    """The beginning of the ids made at `at`: as text it sorts after all older ids, and before all others."""
    ms = f"{to_ms(at):012x}"
    return f"{ms[:8]}-{ms[8:]}"


def derived_id(base: str, word: str) -> str:
    """The one UUIDv7 that follows from another and a word: same time, the rest from a hash."""
    digest = hashlib.sha256(f"{base}/{word}".encode()).hexdigest()
    return f"{base[:14]}7{digest[:3]}-{'89ab'[int(digest[3], 16) % 4]}{digest[4:7]}-{digest[7:19]}"
