"""Step: the decision. Pure: the same pack, event and facts give the same decision, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from points.amounts import GRANT_CEILING
from points.errors import Category, kind
from points.events import DeedApproved
from points.rules.conditions import all_hold
from points.rules.days import Calendar
from points.rules.decision import CapTitle, Decision, Grant
from points.rules.expiry import Expiry, Notice
from points.rules.facts import Facts, FactsNeeded, Tally
from points.rules.measures import Measure
from points.rules.pack import Pack, Quantity, Rule, Times
from points.rules.steps import EXACT, Step
from points.rules.texts import NOTHING, Text, plain
from points.rules.view import View
from points.rules.windows import midnight

ONE = Decimal(1)
ZERO = Decimal(0)
_MODES = {"down": "ROUND_DOWN", "up": "ROUND_UP", "half_up": "ROUND_HALF_UP", "half_even": "ROUND_HALF_EVEN"}
_ROUNDERS: dict[str, Callable[[Decimal], Decimal]] = {
    name: Context(prec=60, rounding=mode).to_integral_value for name, mode in _MODES.items()
}

NOT_IN_FORCE = kind(
    "rules_not_in_force",
    Category.CONFLICT,
    zh="规则包 {pack} 在 {day} 没有生效。",
    en="The rule pack {pack} is not in force on {day}.",
)
OTHER_DISTRICT = kind(
    "rules_other_district",
    Category.INVALID,
    zh="规则包 {pack} 属于区划 {district}。",
    en="The rule pack {pack} belongs to district {district}.",
)


def facts_needed(pack: Pack, event: DeedApproved) -> FactsNeeded:
    """What `decide` will look at for this deed, to be read under the lock of the commit that stores the decision."""
    rules = pack.meeting(event)
    found: dict[str, Tally] = {}
    for rule in rules:
        for measure in rule.measures:
            tally = measure.tally(event, pack.zone)
            if tally is not None:
                found[tally.key] = tally
    return FactsNeeded(
        tallies=tuple(found[key] for key in sorted(found)),
        age_band=any("age_band" in rule.asks for rule in rules),
        consents=any("consents" in rule.asks for rule in rules),
        balance=pack.store is not None and bool(rules),
    )


def decide(pack: Pack, event: DeedApproved, facts: Facts) -> Decision:
    """What the pack gives for this deed.

    Refused with `rules_not_in_force` or `rules_other_district` for a deed of another day or district, and with
    `rules_assessed_outside_range` when a reviewer set points outside a rule's range.
    """
    view = View(pack, event, facts)
    check_in_force(pack, event, view.local.date())
    return Decision(
        pack.id,
        pack.version,
        pack.digest,
        pack.document,
        pack.document_number,
        pack.timezone,
        pack.word(event.category),
        event,
        facts,
        grants_of(view),
    )


def grants_of(view: View) -> tuple[Grant, ...]:
    """What each rule that speaks gives: of those that do not add the one of highest priority, then those that add."""
    grants: list[Grant] = []
    stored = view.facts.balance or 0
    spoken = False
    for rule in view.pack.meeting(view.event):
        if (spoken and not rule.adds) or not all_hold(rule.rest, view):
            continue
        spoken = spoken or not rule.adds
        grant = grant_of(rule, view, stored)
        if grant is not None:
            grants.append(grant)
            stored += grant.amount
    return tuple(grants)


def check_in_force(pack: Pack, event: DeedApproved, day: date) -> None:
    """Refuse a deed of another district, or of a local day on which the pack is not in force."""
    if event.district != pack.district:
        raise OTHER_DISTRICT(pack=pack.id, district=pack.district)
    if not pack.covers(day):
        raise NOT_IN_FORCE(pack=pack.id, day=day)


def grant_of(rule: Rule, view: View, stored: int) -> Grant | None:
    """What a rule that speaks gives; None when nothing is left of it."""
    if rule.times is not None and used_up(rule.times, view) is not None:
        return None
    steps: list[Step] = []
    counted = counted_of(rule.quantity, view, steps)
    if counted is None:
        return None
    amount = amount_of(rule, view, counted, steps)
    overflow = _store(view, amount, stored, steps)
    amount -= overflow
    if amount <= 0 and overflow == 0:
        return None
    return _granted(rule, view, amount=amount, overflow=overflow, counted=counted, steps=tuple(steps))


def used_up(times: Times, view: View) -> Measure | None:
    """The count by which the deed comes too often; None while there is room."""
    for measure in (times.measure, times.own):
        if measure is not None and measure.applies(view.event) and view.before(measure) >= times.at_most:
            return measure
    return None


def counted_of(quantity: Quantity, view: View, steps: list[Step]) -> Decimal | None:
    """How much of the deed's quantity counts; None when too little is left of it to count at all."""
    declared = counted = view.event.quantity
    if quantity.step is not None:
        counted = EXACT.multiply(EXACT.divide_int(declared, quantity.step), quantity.step)
    if quantity.at_least is not None and counted < quantity.at_least:
        return None
    if quantity.at_most is not None:
        before = ZERO if quantity.measure is None else view.before(quantity.measure)
        counted = min(counted, max(ZERO, EXACT.subtract(quantity.at_most, before)))
        if counted <= 0 < declared:
            return None
    if counted != declared:
        steps.append(Step("quantity", ZERO, quantity.title, (declared, counted)))
    return counted


def amount_of(rule: Rule, view: View, counted: Decimal, steps: list[Step]) -> int:
    """Whole points by the rule's shape, its coefficients, its most for one deed and its rounding, in this order."""
    steps.extend(rule.shape.steps(view, counted))
    total = ZERO
    for step in steps:
        total = EXACT.add(total, step.delta)
    for coefficient in rule.coefficients:
        factor, title = coefficient.otherwise, coefficient.title
        for case in coefficient.cases:
            if all_hold(case.conditions, view):
                factor, title = case.factor, case.title
                break
        if factor != ONE:
            after = EXACT.multiply(total, factor)
            steps.append(Step("factor", EXACT.subtract(after, total), title, (factor, total)))
            total = after
    if rule.at_most is not None and total > rule.at_most:
        steps.append(
            Step("most", EXACT.subtract(Decimal(rule.at_most), total), NOTHING, (Decimal(rule.at_most), total))
        )
        total = Decimal(rule.at_most)
    whole = min(_ROUNDERS[rule.rounding](total), Decimal(GRANT_CEILING))
    if whole != total:
        steps.append(Step("round", EXACT.subtract(whole, total), _ROUNDING[rule.rounding], (total, whole)))
    return int(whole)


_ROUNDING = {
    "down": Text("只取整数", "whole points only, rounded down"),
    "up": Text("向上取整", "rounded up"),
    "half_up": Text("四舍五入", "rounded to the nearest"),
    "half_even": Text("四舍六入五成双", "rounded to the nearest even"),
}


def _store(view: View, amount: int, stored: int, steps: list[Step]) -> int:
    """Points that no longer fit what one may keep; they stay with the fund as a donation."""
    store = view.pack.store
    if store is None or stored + amount <= store.at_most:
        return 0
    over = min(amount, stored + amount - store.at_most)
    title = Text(store.fund, store.fund)
    steps.append(Step("store", Decimal(-over), title, (Decimal(store.at_most), Decimal(stored), Decimal(over))))
    return over


def _granted(rule: Rule, view: View, *, amount: int, overflow: int, counted: Decimal, steps: tuple[Step, ...]) -> Grant:
    pack = view.pack
    deed = view.local.date()
    decided = view.facts.decided_at.astimezone(pack.zone).date()
    opens, expires, said = _validity(rule.expires, rule.notice, pack.calendar, pack.zone, deed=deed, decided=decided)
    caps, titles = [], []
    for cap in rule.caps:
        key = cap.key(view.event, deed)
        if key is not None:
            caps.append((key, cap.ceiling))
            titles.append(CapTitle(key, cap.title))
    return Grant(
        rule=rule.id,
        title=rule.title,
        amount=amount,
        fund=rule.fund,
        expires_at=expires,
        opens_at=opens,
        caps=tuple(caps),
        steps=steps + said,
        counted=plain(counted),
        cap_titles=tuple(titles),
        overflow=overflow,
        overflow_fund=pack.store.fund if pack.store is not None and overflow else None,
    )


@lru_cache(maxsize=4096)
def _validity(
    expires: Expiry, notice: Notice | None, calendar: Calendar, zone: ZoneInfo, *, deed: date, decided: date
) -> tuple[datetime | None, datetime, tuple[Step, ...]]:
    """When the points open and end; with a step where the notice ran into a year nobody had published."""
    if notice is None:
        return None, expires.at(deed, decided, zone), ()
    opened = notice.ends(decided, calendar)
    year = notice.unpublished(decided, calendar)
    said = () if year is None else (Step("weekends", ZERO, notice.title(), (Decimal(year),)),)
    return midnight(opened, zone), expires.at(deed, opened, zone), said
