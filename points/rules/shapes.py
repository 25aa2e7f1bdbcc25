"""Step: the shapes a table of points can have, each turning a deed into steps of arithmetic."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from points.errors import Category, kind
from points.rules.measures import Measure
from points.rules.places import Stretch, due_key, others_key, stretches
from points.rules.steps import EXACT, Step
from points.rules.texts import NOTHING, Text, plain
from points.rules.view import View

ASSESSED = "assessed_points"
"""The attribute in which a reviewer says how many points within a rule's range."""
ZERO = Decimal(0)

ASSESSED_OUTSIDE = kind(
    "rules_assessed_outside_range",
    Category.INVALID,
    zh="核定的积分应在 {low} 到 {high} 之间。",
    en="The points set by the reviewer must be between {low} and {high}.",
)


class Shape(Protocol):
    """Turns a deed and the quantity that counts into steps."""

    def steps(self, view: View, quantity: Decimal) -> list[Step]: ...

    def reads(self, view: View) -> Hashable:
        """What the steps depend on beside the quantity; the same answer and quantity make the same steps."""
        ...

    def most(self) -> Decimal | None:
        """The most that one deed can bring by this shape alone; None when it grows with the quantity."""
        ...


def _assessed(view: View) -> Hashable:
    """What the reviewer set; True is not 1 here."""
    given = view.event.attributes.get(ASSESSED)
    return type(given), given


@dataclass(frozen=True, slots=True)
class Each:
    """So many points a deed, whatever its quantity."""

    points: Decimal

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        return [Step("each", self.points, NOTHING, (self.points,))]

    def reads(self, view: View) -> Hashable:
        return None

    def most(self) -> Decimal | None:
        return self.points


@dataclass(frozen=True, slots=True)
class Rate:
    """So many points for each hour or unit."""

    points: Decimal
    unit: Text

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        return [Step("rate", EXACT.multiply(self.points, quantity), self.unit, (self.points, quantity))]

    def reads(self, view: View) -> Hashable:
        return None

    def most(self) -> Decimal | None:
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table: a fixed sum, or a range within which the reviewer sets it."""

    low: Decimal
    high: Decimal

    def steps(self, view: View, title: Text) -> list[Step]:
        if self.low == self.high:
            return [Step("table", self.low, title, (self.low,))]
        given = view.event.attributes.get(ASSESSED)
        points = self.low if given is None else self._checked(given)
        return [Step("assessed", points, title, (points, self.low, self.high))]

    def _checked(self, given: str | int | bool) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, int) or not self.low <= given <= self.high:
            raise ASSESSED_OUTSIDE(low=self.low, high=self.high)
        return Decimal(given)


@dataclass(frozen=True, slots=True)
class Table:
    """Points by the deed's category or by one of its attributes; what the table does not name brings nothing."""

    by: str
    entries: Mapping[str, Entry]

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        key = self._key(view)
        entry = self.entries.get(key) if key is not None else None
        return [] if entry is None or key is None else entry.steps(view, view.pack.word(key))

    def reads(self, view: View) -> Hashable:
        return self._key(view), _assessed(view)

    def _key(self, view: View) -> str | None:
        """What the deed is looked up by; None for one that does not say it."""
        key = view.event.category if self.by == "category" else view.event.attributes.get(self.by)
        return None if key is None else str(key)

    def most(self) -> Decimal | None:
        return max(entry.high for entry in self.entries.values())


@dataclass(frozen=True, slots=True)
class Assessed:
    """A range within which the reviewer sets the points; its lower end when the reviewer set none."""

    entry: Entry

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        return self.entry.steps(view, NOTHING)

    def reads(self, view: View) -> Hashable:
        return _assessed(view)

    def most(self) -> Decimal | None:
        return self.entry.high


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the running total with its rate; `high` None is open."""

    low: Decimal
    high: Decimal | None
    points: Decimal


@dataclass(frozen=True, slots=True)
class Bands:
    """Points that change with the running total, by the place the deed has in it.

    `mode` is `split`: each hour at its own band's rate; `whole`: all hours at the rate of the band one stands in; or
    `each`: so many points for the deed, by the band one stands in.
    """

    measure: Measure
    bands: tuple[Band, ...]
    mode: str
    unit: Text

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        places = stretches(view.tallies, self.measure.key, view.before(self.measure), quantity)
        if self.mode != "split":
            standing = [band for band in self.bands if self._stands(band, places[0][0])]
            return [self._each(band) if self.mode == "each" else self._step(band, quantity) for band in standing]
        parts = []
        for start, end in places:
            for band in self.bands:
                low = max(start, band.low)
                high = end if band.high is None else min(end, band.high)
                if low < high:
                    parts.append(self._step(band, EXACT.subtract(high, low)))
        return parts

    def _step(self, band: Band, part: Decimal) -> Step:
        numbers = (band.points, part, band.low, band.high)
        return Step("band", EXACT.multiply(band.points, part), self.unit, numbers)

    def _each(self, band: Band) -> Step:
        return Step("band_each", band.points, self.unit, (band.points, band.low, band.high))

    @staticmethod
    def _stands(band: Band, start: Decimal) -> bool:
        return band.low <= start and (band.high is None or start < band.high)

    def reads(self, view: View) -> Hashable:
        return view.before(self.measure)

    def most(self) -> Decimal | None:
        return max(band.points for band in self.bands) if self.mode == "each" else None


@dataclass(frozen=True, slots=True)
class Milestones:
    """A sum once, by the deed with which the running total reaches a mark; one that was taken back is due again."""

    measure: Measure
    marks: tuple[tuple[Decimal, Decimal], ...]
    """(at, points), rising."""
    unit: Text
    paid: tuple[Measure, ...]
    """For each mark whether it was paid before."""

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        places, total = self._reached(view, quantity)
        due = []
        for (at, points), paid in zip(self.marks, self.paid, strict=True):
            again = due_key(paid.key) in view.tallies and at <= total
            if (again or any(start < at <= end for start, end in places)) and not view.before(paid):
                due.append(Step("milestone", points, self.unit, (points, at)))
        return due

    def not_yet(self, view: View, quantity: Decimal) -> Text | None:
        """How far the total has come and the mark that lies ahead; None at a mark that is paid, and behind the last."""
        _, total = self._reached(view, quantity)
        ahead = next((at for at, _ in self.marks if at > total), None)
        if ahead is None or self.steps(view, quantity):
            return None
        now, then = plain(total), plain(ahead)
        return Text(
            f"累计 {now} {self.unit.zh}，到 {then} {self.unit.zh}才奖",
            f"{now} {self.unit.en}s in all; {then} asked",
        )

    def _reached(self, view: View, quantity: Decimal) -> tuple[list[Stretch], Decimal]:
        """The deed's own part of the running total, and how far the total has come with it."""
        places = stretches(view.tallies, self.measure.key, view.before(self.measure), quantity)
        others = view.tallies.get(others_key(self.measure.key), ZERO)
        return places, max(EXACT.add(others, quantity), *(end for _, end in places))

    def reads(self, view: View) -> Hashable:
        return view.before(self.measure), tuple(view.before(each) for each in self.paid)

    def most(self) -> Decimal | None:
        return sum((points for _, points in self.marks), ZERO)


@dataclass(frozen=True, slots=True)
class Turn:
    """The first to report something earns in full, those after a token."""

    measure: Measure
    first: Decimal
    later: Decimal

    def steps(self, view: View, quantity: Decimal) -> list[Step]:
        before = view.before(self.measure)
        points = self.later if before else self.first
        return [Step("turn", points, NOTHING, (points, EXACT.add(before, Decimal(1))))]

    def reads(self, view: View) -> Hashable:
        return view.before(self.measure)

    def most(self) -> Decimal | None:
        return max(self.first, self.later)
