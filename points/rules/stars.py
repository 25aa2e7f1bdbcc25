"""Beside the decisions: star grades by hours, granted after a public notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from points.rules.days import Calendar
from points.rules.expiry import Notice


class Reached(NamedTuple):
    """A grade, the day on which its hours were full, and the first day after its public notice."""

    grade: int
    reached: date
    granted: date


class Standing(NamedTuple):
    """Where somebody stands on a day."""

    hours: Decimal
    held: Reached | None
    """The highest grade whose notice is over."""
    on_notice: Reached | None
    """A higher one that is reached and still under public notice."""


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

    def standing(self, confirmed: Iterable[tuple[date, Decimal]], today: date, calendar: Calendar) -> Standing:
        """The grade of hours confirmed on those days, in their order."""
        hours, grade = Decimal(0), 0
        held = on_notice = None
        for day, more in confirmed:
            hours += more
            if self.grade(hours) > grade:
                grade = self.grade(hours)
                reached = Reached(grade, day, self.granted_on(day, calendar))
                if reached.granted <= today:
                    held = reached
                else:
                    on_notice = reached
        return Standing(hours, held, on_notice)
