"""Step: tiers on two conditions together (hours and points) over windows that move, so that a tier can drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from points.rules.measures import Measure
from points.rules.texts import Text


@dataclass(frozen=True, slots=True)
class Tier:
    """Reached while every need is met, looked at anew for each deed."""

    id: str
    title: Text
    needs: tuple[tuple[Measure, Decimal], ...]

    def reached(self, tallies: Mapping[str, Decimal]) -> bool:
        return all(tallies[measure.key] >= least for measure, least in self.needs)
