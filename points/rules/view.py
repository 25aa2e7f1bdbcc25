"""Step: one deed with its facts, as the conditions look at it; what is costly is worked out when asked, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from points.events import DeedApproved
from points.rules.facts import Facts
from points.rules.measures import Measure

if TYPE_CHECKING:
    from points.rules.pack import Pack

ALONE = ("resident",)
NONE_BEFORE = Decimal(0)


class View:
    """The deed in local time, its facts, and what follows from them under one pack."""

    __slots__ = ("_day_kind", "_tier", "event", "facts", "local", "pack", "tallies")

    def __init__(self, pack: Pack, event: DeedApproved, facts: Facts) -> None:
        self.pack = pack
        self.event = event
        self.facts = facts
        self.tallies: Mapping[str, Decimal] = facts.tallies
        self.local: datetime = event.at.astimezone(pack.zone)
        self._day_kind: str | None = None
        self._tier: str | None = None

    def before(self, measure: Measure) -> Decimal:
        """What the books say for that measure; 0 for a deed that stands alone."""
        if measure.match != ALONE and measure.stands_alone(self.event):
            return NONE_BEFORE
        return self.tallies[measure.key]

    @property
    def day_kind(self) -> str:
        if self._day_kind is None:
            self._day_kind = self.pack.calendar.kind(self.local.date())
        return self._day_kind

    @property
    def tier(self) -> str:
        """The id of the tier the resident stands in now, or `none`; it can drop when a window moves on."""
        if self._tier is None:
            self._tier = self.pack.tier_of(self.tallies)
        return self._tier
