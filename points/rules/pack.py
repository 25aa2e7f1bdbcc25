"""Step: a rule pack, read and checked: the district's published detailed rules as values that never change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from points.events import DeedApproved
from points.rules.caps import Cap
from points.rules.conditions import Condition
from points.rules.days import Calendar
from points.rules.expiry import Expiry, Notice
from points.rules.measures import Measure
from points.rules.narrow import Narrow
from points.rules.redemption import Redemption
from points.rules.shapes import Shape
from points.rules.stars import Stars
from points.rules.texts import NOTHING, Text
from points.rules.tiers import Tier

NO_TIER = "none"


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much of a deed counts: whole `step`s, nothing below `at_least`, at most `at_most` in each group of deeds."""

    step: Decimal | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    measure: Measure | None = None
    """What counted before in the group; None when the limit is for each deed alone."""
    title: Text = NOTHING


@dataclass(frozen=True, slots=True)
class Times:
    """A rule that pays a resident so many times for the same thing: once only, or a cooldown.

    `own` counts for the resident alone, where a deed does not say what `measure` tells it by, so that no limit is void;
    a household's limit counts for the resident too, who may join it later.
    """

    at_most: int
    measure: Measure
    own: Measure | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a coefficient."""

    conditions: tuple[Condition, ...]
    factor: Decimal
    title: Text


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A factor chosen by the one case that holds, else `otherwise`."""

    id: str
    title: Text
    cases: tuple[Case, ...]
    otherwise: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One line of the published table. Of the rules that do not `add`, the one of highest priority speaks alone."""

    id: str
    title: Text
    conditions: tuple[Condition, ...]
    """Kind and category first; `rest` are those that remain when the index has found the rule."""
    rest: tuple[Condition, ...]
    shape: Shape
    expires: Expiry
    fund: str
    rounding: str
    class_: str
    quantity: Quantity = Quantity()
    coefficients: tuple[Coefficient, ...] = ()
    at_most: int | None = None
    times: Times | None = None
    notice: Notice | None = None
    priority: int = 0
    adds: bool = False
    caps: tuple[Cap, ...] = ()
    measures: tuple[Measure, ...] = ()
    asks: frozenset[str] = frozenset()
    """Which facts besides tallies it looks at: `age_band`, `consents`."""
    source: str | None = None
    constructed: bool = False
    kinds: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    """The categories it names; None: any but those of a negated list."""


@dataclass(frozen=True, slots=True)
class Store:
    """What a resident may keep at one time; points above it go to donation, which leaves them in `fund`."""

    at_most: int
    fund: str


@dataclass(frozen=True, eq=False)
class Pack:
    """A published set of rules. Packs with one `digest`, the SHA-256 of the canonical form, decide alike."""

    id: str
    version: int
    title: Text
    document: Text
    document_number: str
    publisher: str
    district: str
    valid_from: date
    valid_to: date | None
    zone: ZoneInfo
    timezone: str
    fund: str
    rules: tuple[Rule, ...]
    caps: tuple[Cap, ...]
    coefficients: tuple[Coefficient, ...]
    calendar: Calendar
    expires: Expiry
    digest: str
    canonical: str
    tiers: tuple[Tier, ...] = ()
    stars: Stars | None = None
    redemption: Redemption | None = None
    store: Store | None = None
    budgets: tuple[Cap, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """English for the town's words, where the pack gives it."""
    raw: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Any, ...] = ()
    """Warnings found while reading it."""
    _index: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict, repr=False, compare=False)
    _narrow: dict[tuple[str, str], Narrow] = field(default_factory=dict, repr=False, compare=False)
    """Built as deeds are met."""

    def candidates(self, kind: str, category: str) -> tuple[Rule, ...]:
        """The rules that can speak for such a deed, the highest priority first, then by id."""
        found = self._index.get((kind, category))
        return self._index.get((kind, ""), ()) if found is None else found

    def meeting(self, event: DeedApproved) -> tuple[Rule, ...]:
        """Those of the candidates that no word of this deed rules out, in the same order."""
        sort = (event.kind.value, event.category)
        found = self._narrow.get(sort)
        if found is None:
            found = self._narrow.setdefault(sort, Narrow(self.candidates(*sort)))
        return found.meet(event)

    def buckets(self) -> Iterator[tuple[Rule, ...]]:
        """The groups of rules that can meet in one deed."""
        return iter(self._index.values())

    def word(self, zh: str) -> Text:
        """A word of the town in both languages; the same in both when the pack has no English for it."""
        return Text(zh, self.words.get(zh, zh))

    def rule(self, identifier: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == identifier), None)

    def covers(self, day: date) -> bool:
        """Whether the pack is in force on that local day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def tier_of(self, tallies: Mapping[str, Decimal]) -> str:
        """The highest tier whose conditions are all met now, or `none`."""
        return next((tier.id for tier in self.tiers if tier.reached(tallies)), NO_TIER)


def index(rules: tuple[Rule, ...], kinds: tuple[str, ...]) -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Rules by kind and category, so that a deed meets only the few that name it; ("kind", "") is for the rest."""
    ordered = sorted(rules, key=lambda rule: (rule.adds, -rule.priority, rule.id))
    names = {name for rule in rules for name in rule.categories or ()}
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in ordered:
        for kind in kinds if rule.kinds is None else sorted(rule.kinds):
            for name in {*names, ""} if rule.categories is None else rule.categories:
                found.setdefault((kind, name), []).append(rule)
    return {key: tuple(value) for key, value in found.items()}
