"""Whether two districts say the same of what went between them: what left one is in the other, or under way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import or_, select

from backend.crossings.models import Crossing
from backend.crossings.states import UNDER_WAY, CrossingState
from backend.kit.db import db
from backend.passbook import across

_LOOKS = 3
"""A transfer that moves while it is looked at makes a difference that is gone at the next look."""


@dataclass(frozen=True, slots=True)
class Between:
    """What two ledgers hold in clearing for each other, and what the books say is on its way; in points."""

    one: str
    other: str
    in_one: int
    in_other: int
    under_way: int

    @property
    def difference(self) -> int:
        """Points in clearing that are not on their way; 0 where all is well."""
        return self.in_one + self.in_other - self.under_way

    @property
    def line(self) -> str:
        """For an operator, in both languages."""
        pair = f"{self.one}–{self.other}"
        if not self.difference:
            return f"{pair} 跨区往来相符，在途 {self.under_way} 分 · clearing agrees, {self.under_way} points under way"
        return (
            f"{pair} 跨区往来相差 {self.difference} 分（往来 {self.in_one} 与 {self.in_other}，在途 {self.under_way}）"
            f" · clearing differs by {self.difference} points ({self.in_one} and {self.in_other}, "
            f"{self.under_way} under way)"
        )


def compare(districts: Iterable[str]) -> Iterator[Between]:
    """Each pair of districts, as it stands between postings."""
    for one, other in combinations(districts, 2):
        found = _look(one, other)
        for _ in range(_LOOKS - 1):
            if not found.difference:
                break
            found = _look(one, other)
        yield found


def _look(one: str, other: str) -> Between:
    db.session.rollback()  # what is committed by now
    way = or_(
        (Crossing.district == one) & (Crossing.to_district == other),
        (Crossing.district == other) & (Crossing.to_district == one),
    )
    query = select(Crossing).where(way, Crossing.state.in_([state.value for state in UNDER_WAY]))
    found = db.session.scalars(query.execution_options(populate_existing=True))
    under_way = sum(row.amount for row in found if _is_on_its_way(row))
    return Between(one, other, across.cleared(one, other), across.cleared(other, one), under_way)


def _is_on_its_way(row: Crossing) -> bool:
    """By the ledgers, which may be a step ahead of the books."""
    if row.state == CrossingState.SENDING:
        return across.posted(row.district, row.departure)
    return not (across.posted(row.to_district, row.arrival) or across.posted(row.district, row.homecoming))
