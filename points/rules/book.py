"""Beside the decisions: the books and the caps of one pack in memory, for trying a pack out. Nothing is written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from points.events import DeedApproved
from points.rules.caps import fit, take
from points.rules.decide import decide
from points.rules.decision import Decision, Grant, Outcome, complete
from points.rules.facts import Facts
from points.rules.measures import FED_BY_GRANTS, Measure
from points.rules.pack import Pack, Rule
from points.rules.steps import marks_of
from points.rules.windows import label

ZERO = Decimal(0)
Key = tuple[Any, ...]


@dataclass(slots=True)
class Rolling:
    """Values by their time, for windows of days."""

    times: list[datetime] = field(default_factory=list)
    values: list[Decimal] = field(default_factory=list)

    def add(self, at: datetime, value: Decimal) -> None:
        place = bisect_left(self.times, at)
        self.times.insert(place, at)
        self.values.insert(place, value)

    def between(self, since: datetime, until: datetime) -> Decimal:
        return sum(self.values[bisect_left(self.times, since) : bisect_left(self.times, until)], ZERO)


class Book:
    """Answers the questions of one pack's rules and takes each decision up; caps are exact, as the ledger's are."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.used: dict[str, int] = {}
        self.balances: dict[str, int] = {}
        self.sums: dict[Key, Decimal] = {}
        self.rolling: dict[Key, Rolling] = {}
        self._asked: dict[tuple[str, str], tuple[Measure, ...]] = {}
        measures = {measure.key: measure for rule in pack.rules for measure in rule.measures}
        self._by_deed = tuple(each for each in measures.values() if each.what in ("quantity", "turn"))
        self._by_grant = {rule.id: _fed_by(rule, measures.values()) for rule in pack.rules}

    def facts(
        self,
        event: DeedApproved,
        decided_at: datetime,
        age_band: str | None = None,
        consents: tuple[str, ...] = (),
    ) -> Facts:
        """All that `decide` looks at for this deed."""
        day = event.at.astimezone(self.pack.zone).date()
        found = {}
        for measure in self._measures(event):
            key = _key(measure, event)
            if key is not None and measure.applies(event):
                found[measure.key] = self._answer(measure, key, event, day)
        balance = None if self.pack.store is None else self.balances.get(event.resident, 0)
        return Facts(decided_at, found, age_band, consents, balance)

    def decide(self, event: DeedApproved, facts: Facts) -> Decision:
        """Decide, post under the caps, take up, and answer the completed decision."""
        decision = decide(self.pack, event, facts)
        return complete(decision, self.post(event, decision.grants))

    def post(self, event: DeedApproved, grants: Iterable[Grant]) -> dict[str, Outcome]:
        """Grant what fits under the caps and count the deed."""
        outcomes: dict[str, Outcome] = {}
        day = event.at.astimezone(self.pack.zone).date()
        for measure in self._by_deed:
            if _counts(measure, event):
                self._add(measure, event, day, event.quantity if measure.what == "quantity" else Decimal(1))
        for grant in grants:
            granted, cuts = fit(grant.amount, grant.caps, self.used)
            take(granted, grant.caps, self.used)
            self.balances[event.resident] = self.balances.get(event.resident, 0) + granted
            outcomes[grant.rule] = Outcome("posted", granted, cuts)
            for measure in self._by_grant[grant.rule]:
                self._add(measure, event, day, _value(measure, grant))
        return outcomes

    def _measures(self, event: DeedApproved) -> tuple[Measure, ...]:
        key = (event.kind.value, event.category)
        if key not in self._asked:
            rules = self.pack.candidates(*key)
            self._asked[key] = tuple({each.key: each for rule in rules for each in rule.measures}.values())
        return self._asked[key]

    def _answer(self, measure: Measure, key: Key, event: DeedApproved, day: date) -> Decimal:
        if measure.window.days is None:
            return self.sums.get((*key, label(measure.window.name, day)), ZERO)
        rolling = self.rolling.get(key)
        if rolling is None:
            return ZERO
        since, until = measure.window.bounds(event.at, self.pack.zone)
        assert since is not None  # noqa: S101 - a window of days has both ends
        assert until is not None  # noqa: S101 - the other one
        return rolling.between(since, until)

    def _add(self, measure: Measure, event: DeedApproved, day: date, value: Decimal) -> None:
        key = _key(measure, event)
        if key is None:
            return
        if measure.window.days is None:
            key = (*key, label(measure.window.name, day))
            self.sums[key] = self.sums.get(key, ZERO) + value
        else:
            self.rolling.setdefault(key, Rolling()).add(event.at, value)


def _key(measure: Measure, event: DeedApproved) -> Key | None:
    """Where the measure counts this deed; None for one that stands alone."""
    values = [getattr(event, name) for name in measure.match]
    return None if None in values else (measure.key, *values)


def _counts(measure: Measure, event: DeedApproved) -> bool:
    if measure.kinds and event.kind.value not in measure.kinds:
        return False
    return not measure.categories or event.category in measure.categories


def _fed_by(rule: Rule, measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """The measures that a grant of this rule counts in."""
    return tuple(
        measure
        for measure in measures
        if measure.what in FED_BY_GRANTS and (not measure.rules or rule.id in measure.rules)
    )


def _value(measure: Measure, grant: Grant) -> Decimal:
    if measure.what == "counted":
        return Decimal(grant.counted)
    if measure.what == "mark":
        return Decimal(measure.mark in marks_of(grant.steps))
    return Decimal(1) if measure.what == "times" else Decimal(grant.amount)
