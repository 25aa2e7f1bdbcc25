"""Where the domain gets the time from: it is handed a clock and never reads one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; for tests and replays."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a clock needs an aware time")

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def advance(self, **parts: float) -> datetime:
        """Move forward by the given parts of a timedelta and answer the new time."""
        self.at += timedelta(**parts)
        return self.now()


_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC; the ledger's unit of time."""
    if at.tzinfo is None:
        raise ValueError("a time must be aware")
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The time of a whole number of milliseconds since 1970-01-01 UTC."""
    return _EPOCH + timedelta(milliseconds=ms)
