"""Beside the decisions: star grades by hours, granted after a public notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from points.rules.days import Calendar
from points.rules.expiry import Notice


@dataclass(frozen=True, slots=True)
class Stars:
    """Hours needed for one star, two stars and so on."""

    hours: tuple[Decimal, ...]
    notice: Notice

    def grade(self, hours: Decimal) -> int:
        """Stars reached with so many confirmed hours; 0 for none."""
        return sum(1 for needed in self.hours if hours >= needed)

    def next_at(self, hours: Decimal) -> Decimal | None:
        """Hours at which the next star is reached; None at the top."""
        return next((needed for needed in self.hours if hours < needed), None)

    def granted_on(self, proposed: date, calendar: Calendar) -> date:
        """The first day a star proposed on that day can be granted."""
        return self.notice.ends(proposed, calendar)
