"""Step: from two moments to minutes that count; arithmetic only, so that it can be tested with any times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

_MINUTE = timedelta(minutes=1)
_KEPT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, but without, `end`; empty when `end` is not later."""

    start: datetime
    end: datetime

    def within(self, window: Span) -> Span:
        """The part of this span inside the window."""
        return Span(max(self.start, window.start), min(self.end, window.end))

    def overlaps(self, other: Span) -> bool:
        """Whether the two share any moment; one may begin where the other ends."""
        shared = self.within(other)
        return shared.start < shared.end

    @property
    def minutes(self) -> int:
        """Whole minutes, what is left over is not counted; 0 for an empty span."""
        return max(0, (self.end - self.start) // _MINUTE)


def hours_of(minutes: int) -> Decimal:
    """Minutes in hours, to four decimals, which is how exactly the books keep a quantity."""
    return (Decimal(minutes) / 60).quantize(_KEPT, ROUND_HALF_UP)
