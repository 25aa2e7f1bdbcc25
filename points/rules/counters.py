"""Beside the decisions: the sums and caps of one pack in memory, by window, for trying it on many deeds at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from points.events import DeedApproved
from points.rules.book import Rolling
from points.rules.caps import Cap
from points.rules.measures import Measure
from points.rules.windows import label

ZERO = Decimal(0)


class Sums:
    """One measure of a pack over all groups. Of a window by the calendar only the day's own is looked at."""

    __slots__ = ("_by_label", "_group", "_many", "_reach", "_rolling", "_today", "measure")

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._group: Callable[[DeedApproved], Any] = attrgetter(*measure.match) if measure.match else _all
        self._many = len(measure.match) > 1
        self._by_label: dict[str, dict[Any, Decimal]] = {}
        self._today: dict[Any, Decimal] = {}
        self._reach = timedelta(days=measure.window.days or 0)
        self._rolling: dict[Any, Rolling] | None = None if measure.window.days is None else {}

    def turn_to(self, day: date) -> None:
        if self._rolling is None:
            self._today = self._by_label.setdefault(label(self.measure.window.name, day), {})

    def before(self, event: DeedApproved) -> Decimal:
        """What was counted in the deed's group; 0 for a deed that stands alone."""
        group = self._group(event)
        if self._rolling is None:
            return self._today.get(group, ZERO)
        rolling = self._rolling.get(group)
        if rolling is None:
            return ZERO
        return rolling.between(event.at - self._reach, event.at + self._reach)

    def add(self, event: DeedApproved, value: Decimal) -> None:
        """Count it in the deed's group, unless the deed stands alone."""
        group = self._group(event)
        if group is None or (self._many and None in group):
            return
        if self._rolling is None:
            self._today[group] = self._today.get(group, ZERO) + value
            return
        rolling = self._rolling.get(group)
        if rolling is None:
            rolling = self._rolling[group] = Rolling()
        rolling.add(event.at, value)


class CapCount:
    """How much of one cap is used, by window and subject."""

    __slots__ = ("_by_label", "_keys", "_label", "_many", "_subject", "_today", "cap", "full")

    def __init__(self, cap: Cap) -> None:
        self.cap = cap
        self._subject: Callable[[DeedApproved], Any] = attrgetter(*cap.per) if cap.per else _all
        self._many = len(cap.per) > 1
        self._by_label: dict[str, dict[Any, int]] = {}
        self._today: dict[Any, int] = {}
        self._label = ""
        self._keys: dict[tuple[str, Any], str] = {}
        self.full: dict[str, date] = {}
        """The day of the deed with which nothing was left, by the key of the cap."""

    def turn_to(self, day: date) -> None:
        self._label = label(self.cap.window, day)
        self._today = self._by_label.setdefault(self._label, {})

    def subject(self, event: DeedApproved) -> Any:
        """Whom it counts for; None for a deed that lacks one."""
        subject = self._subject(event)
        return None if self._many and None in subject else subject

    def room(self, subject: Any) -> int:
        return max(0, self.cap.ceiling - self._today.get(subject, 0))

    def take(self, subject: Any, event: DeedApproved, day: date, points: int) -> None:
        used = self._today.get(subject)
        if used is None:
            self._keys[self._label, subject] = self.cap.key(event, day) or ""
            used = 0
        self._today[subject] = used + points
        if used < self.cap.ceiling <= used + points:
            self.full[self._keys[self._label, subject]] = day

    def used(self) -> dict[str, int]:
        """What was counted, by the key of the cap."""
        return {key: self._by_label[window][subject] for (window, subject), key in self._keys.items()}


def _all(event: DeedApproved) -> str:
    return event.district
