"""Beside the decisions: what a pack gives for one deed after another, as figures alone; nothing is explained.

The arithmetic is that of `decide`: what a rule gives for the same inputs is worked out once by the very same steps and
then remembered. A test holds both ways of deciding together on random packs and deeds.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast

from points.events import DeedApproved
from points.rules.caps import Cut
from points.rules.conditions import all_hold
from points.rules.counters import CapCount, Sums
from points.rules.decide import amount_of, check_in_force, counted_of, used_up
from points.rules.facts import Facts
from points.rules.history import Past
from points.rules.measures import FED_BY_GRANTS, Measure
from points.rules.pack import Pack, Rule
from points.rules.steps import Step, marks_of
from points.rules.view import View

ONE = Decimal(1)
MOST_KEPT = 200_000
"""Amounts that one rule remembers before it begins anew."""
_Amount = tuple[int, Decimal, tuple[Decimal, ...]] | None


class Given(NamedTuple):
    """What one rule gave; each cut names its cap by id."""

    rule: Rule
    asked: int
    granted: int
    cuts: tuple[Cut, ...]


class _Known:
    """The facts of the deed that is looked at."""

    __slots__ = ("age_band", "balance", "consents", "decided_at")

    decided_at: datetime
    age_band: str | None
    consents: tuple[str, ...]
    balance: int | None


class _Tallies(dict[str, Decimal]):
    """Sums that are looked up when a rule asks for them."""

    def __init__(self, sums: dict[str, Sums]) -> None:
        super().__init__()
        self.sums = sums
        self.event: DeedApproved | None = None

    def __missing__(self, key: str) -> Decimal:
        assert self.event is not None  # noqa: S101 - set before any rule is asked
        found = self[key] = self.sums[key].before(self.event)
        return found


class _Glance(View):
    """A view that turns from deed to deed."""

    __slots__ = ("known",)

    def __init__(self, pack: Pack, tallies: _Tallies) -> None:
        self.pack, self.tallies, self.known = pack, tallies, _Known()
        self.facts = cast(Facts, self.known)

    def turn_to(self, past: Past, local: datetime, balance: int | None) -> None:
        tallies = cast(_Tallies, self.tallies)
        tallies.clear()
        self.event = tallies.event = past.event
        self.local, self._day_kind, self._tier = local, None, None
        known = self.known
        known.decided_at, known.age_band, known.consents = past.decided_at, past.age_band, past.consents
        known.balance = balance

    def before(self, measure: Measure) -> Decimal:
        return self.tallies[measure.key]


class _Line:
    """One rule with its counters and the amounts it gave before."""

    __slots__ = ("amounts", "caps", "fed", "rule")

    def __init__(self, rule: Rule, caps: dict[str, CapCount], sums: dict[str, Sums]) -> None:
        self.rule = rule
        self.caps = tuple(caps[cap.id] for cap in sorted(rule.caps, key=lambda cap: f"{cap.id}:"))
        self.fed = tuple(each for each in sums.values() if _feeds(rule, each.measure))
        self.amounts: dict[Any, _Amount] = {}

    def amount(self, view: View) -> _Amount:
        """Points before store and caps, how much counted, and the marks it paid; None when nothing is left of it."""
        rule = self.rule
        if rule.times is not None and used_up(rule.times, view) is not None:
            return None
        measure = rule.quantity.measure
        inputs = (
            view.event.quantity,
            None if measure is None else view.before(measure),
            rule.shape.reads(view),
            tuple(_case(each.cases, view) for each in rule.coefficients) if rule.coefficients else (),
        )
        if inputs in self.amounts:
            return self.amounts[inputs]
        steps: list[Step] = []
        counted = counted_of(rule.quantity, view, steps)
        found = None if counted is None else (amount_of(rule, view, counted, steps), counted, marks_of(tuple(steps)))
        if len(self.amounts) >= MOST_KEPT:
            self.amounts.clear()
        self.amounts[inputs] = found
        return found


_Grant = tuple[_Line, int, Decimal, tuple[Decimal, ...]]
"""Points asked for, how much counted, and the marks that were paid."""


class Quick:
    """The books and caps of one pack in memory; deeds are given in the order in which they were decided."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._day: date | None = None
        self._balances: dict[str, int] = {}
        measures = {measure.key: measure for rule in pack.rules for measure in rule.measures}
        self._sums = {key: Sums(measure) for key, measure in measures.items()}
        self._caps = {cap.id: CapCount(cap) for rule in pack.rules for cap in rule.caps}
        self._lines = {rule.id: _Line(rule, self._caps, self._sums) for rule in pack.rules}
        self._by_sort: dict[tuple[str, str], tuple[Sums, ...]] = {}
        self._by_rules: dict[int, tuple[_Line, ...]] = {}
        self._met: list[tuple[Rule, ...]] = []
        """Held, so that the number by which each is known stays its own."""
        self._view = _Glance(pack, _Tallies(self._sums))

    def give(self, past: Past) -> tuple[date, list[Given]]:
        """The deed's local day, and what each rule that speaks gives. Refuses what `decide` refuses."""
        event = past.event
        local = event.at.astimezone(self.pack.zone)
        day = local.date()
        check_in_force(self.pack, event, day)
        if day != self._day:
            self._turn_to(day)
        balance = None if self.pack.store is None else self._balances.get(event.resident, 0)
        self._view.turn_to(past, local, balance)
        lines, by_deed = self._of(event)
        grants = self._grants(lines, balance or 0)
        for sums in by_deed:
            sums.add(event, event.quantity if sums.measure.what == "quantity" else ONE)
        return day, [self._post(event, day, grant) for grant in grants]

    def used(self) -> dict[str, int]:
        """What was counted against each cap, by its key."""
        found: dict[str, int] = {}
        for count in self._caps.values():
            found |= count.used()
        return found

    def full(self) -> dict[str, date]:
        """The local day of the deed with which each cap was used up, by its key."""
        return {key: day for count in self._caps.values() for key, day in count.full.items()}

    def _turn_to(self, day: date) -> None:
        self._day = day
        for sums in self._sums.values():
            sums.turn_to(day)
        for count in self._caps.values():
            count.turn_to(day)

    def _of(self, event: DeedApproved) -> tuple[tuple[_Line, ...], tuple[Sums, ...]]:
        rules, sort = self.pack.meeting(event), (event.kind.value, event.category)
        lines = self._by_rules.get(id(rules))
        if lines is None:
            self._met.append(rules)
            lines = self._by_rules[id(rules)] = tuple(self._lines[rule.id] for rule in rules)
        sums = self._by_sort.get(sort)
        if sums is None:
            sums = self._by_sort[sort] = tuple(each for each in self._sums.values() if _counts(each.measure, *sort))
        return lines, sums

    def _grants(self, lines: tuple[_Line, ...], stored: int) -> list[_Grant]:
        """As `decide.grants_of`."""
        grants: list[_Grant] = []
        view, store, spoken = self._view, self.pack.store, False
        for line in lines:
            rule = line.rule
            if (spoken and not rule.adds) or not all_hold(rule.rest, view):
                continue
            spoken = spoken or not rule.adds
            found = line.amount(view)
            if found is None:
                continue
            amount, counted, marks = found
            over = 0 if store is None else max(0, min(amount, stored + amount - store.at_most))
            if amount <= 0:
                continue
            grants.append((line, amount - over, counted, marks))
            stored += amount - over
        return grants

    def _post(self, event: DeedApproved, day: date, grant: _Grant) -> Given:
        line, asked, counted, marks = grant
        granted, counts = asked, []
        cuts: tuple[Cut, ...] = ()
        for count in line.caps:
            subject = count.subject(event)
            if subject is None:
                continue
            counts.append((count, subject))
            room = count.room(subject)
            if room < granted:
                cuts = (*cuts, Cut(count.cap.id, granted, room))
                granted = room
        for count, subject in counts:
            count.take(subject, event, day, granted)
        if self.pack.store is not None:
            self._balances[event.resident] = self._balances.get(event.resident, 0) + granted
        for sums in line.fed:
            what = sums.measure.what
            if what == "mark":
                sums.add(event, Decimal(sums.measure.mark in marks))
            else:
                sums.add(event, counted if what == "counted" else ONE if what == "times" else Decimal(asked))
        return Given(line.rule, asked, granted, cuts)


def _case(cases: tuple[Any, ...], view: View) -> int:
    return next((place for place, case in enumerate(cases) if all_hold(case.conditions, view)), -1)


def _feeds(rule: Rule, measure: Measure) -> bool:
    return measure.what in FED_BY_GRANTS and (not measure.rules or rule.id in measure.rules)


def _counts(measure: Measure, kind: str, category: str) -> bool:
    return (
        measure.what in ("quantity", "turn")
        and (not measure.kinds or kind in measure.kinds)
        and (not measure.categories or category in measure.categories)
    )
