"""Step: which sums over earlier deeds a rule looks at, as a template that one deed turns into a question."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from points.events import DeedApproved
from points.rules.facts import Tally
from points.rules.windows import Window

FIELDS = ("resident", "team", "activity", "household", "place", "about", "category", "street", "district")
"""The fields of a deed by which deeds can be the same."""
FED_BY_GRANTS = ("counted", "times", "points", "mark")
"""What counts grants, beside what counts deeds; see Tally."""
ALWAYS = frozenset({"resident", "category", "district"})
"""Those that every deed has."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A tally before it is asked of one deed; see Tally for `what`."""

    key: str
    what: str
    match: tuple[str, ...]
    window: Window
    rules: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    mark: Decimal | None = None
    takes_place: bool = False
    unless: tuple[str, ...] = ()
    """Asked only of a deed that lacks one of these fields; of every deed when there are none."""

    def applies(self, event: DeedApproved) -> bool:
        """Whether it is asked of this deed at all."""
        return not self.unless or None in [getattr(event, name) for name in self.unless]

    def stands_alone(self, event: DeedApproved) -> bool:
        """Whether the deed lacks what it takes to be the same as another (a ticket without a place)."""
        return None in [getattr(event, name) for name in self.match]

    def tally(self, event: DeedApproved, zone: ZoneInfo) -> Tally | None:
        """The question for this deed; None when it lacks a field to match on, so that it stands alone."""
        if not self.applies(event) or self.stands_alone(event):
            return None
        match = tuple((name, str(getattr(event, name))) for name in self.match)
        since, until = self.window.bounds(event.at, zone)
        return Tally(
            self.key,
            self.what,
            match,
            since,
            until,
            self.rules,
            self.kinds,
            self.categories,
            self.mark,
            self.takes_place,
        )
