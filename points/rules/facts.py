"""Step: what must be read from the books before a deed can be decided, and the answer, kept with the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from points.rules.texts import Text

AGE_BANDS = {
    "under_14": Text("未满 14 周岁", "under 14"),
    "14_17": Text("14 至 17 周岁", "14 to 17"),
    "18_59": Text("18 至 59 周岁", "18 to 59"),
    "60_up": Text("60 周岁及以上", "60 and over"),
}


def age_band(years: int) -> str:
    """The band of an age in whole years; a decision never stores more of a birthday than this."""
    return "under_14" if years < 14 else "14_17" if years < 18 else "18_59" if years < 60 else "60_up"


@dataclass(frozen=True, slots=True)
class Tally:
    """One sum over deeds decided before this one, to be read under the lock of the commit that stores the decision.

    `what` is one of
    - `quantity`: sum of the deeds' quantity (hours), whatever they earned
    - `counted`: sum of `Grant.counted` of grants by one of `rules`
    - `times`: number of deeds with a grant by one of `rules`
    - `turn`: number of other deeds of the group that are decided already, or were filed before this one and still wait
    - `points`: sum of points the decisions gave, before caps; by one of `rules` when there are any
    - `mark`: number of grants by one of `rules` that paid the milestone at `mark`
    Count a deed when it is of one of `kinds` and `categories` (empty: any), equals each field of `match`, and its `at`
    is not before `since` and is before `until` (None: no end). The deed itself and undone ones do not count.
    """

    key: str
    what: str
    match: tuple[tuple[str, str], ...]
    """Fields of the deed: resident, team, activity, household, place, about, category, street, district."""
    since: datetime | None = None
    until: datetime | None = None
    rules: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    mark: Decimal | None = None
    takes_place: bool = False
    """Whether the deed itself takes a place in this running total; see `places`."""


@dataclass(frozen=True, slots=True)
class FactsNeeded:
    """What `decide` will look at for one deed; nothing else of a resident is to be read."""

    tallies: tuple[Tally, ...] = ()
    age_band: bool = False
    consents: bool = False
    balance: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """The answer. A tally that was asked for and is absent is a fault, never taken as zero."""

    decided_at: datetime
    """The caller's clock; a public notice and the expiry count from here."""
    tallies: Mapping[str, Decimal] = field(default_factory=dict)
    age_band: str | None = None
    consents: tuple[str, ...] = ()
    balance: int | None = None
    """Points the resident has now; asked for only where a pack caps what one may store."""

    def __post_init__(self) -> None:
        if self.decided_at.tzinfo is None:
            raise ValueError("facts need an aware time")
        if self.age_band is not None and self.age_band not in AGE_BANDS:
            raise ValueError(f"no such age band: {self.age_band}")
