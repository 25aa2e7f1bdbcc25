"""Step: the most that a rule, and all rules under a cap, can bring; caps above it are never reached."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

from points.rules.caps import Cap
from points.rules.measures import Measure
from points.rules.pack import Rule
from points.rules.shapes import Bands, Milestones, Rate
from points.rules.windows import NAMES

INSIDE = {
    "day": frozenset(NAMES),
    "week": frozenset({"week", "lifetime"}),
    "month": frozenset({"month", "quarter", "season", "year", "lifetime"}),
    "quarter": frozenset({"quarter", "year", "lifetime"}),
    "season": frozenset({"season", "lifetime"}),
    "year": frozenset({"year", "lifetime"}),
    "lifetime": frozenset({"lifetime"}),
}
"""Which windows hold the whole of a shorter one; a week may lie across two months, a winter across two years."""
TOUCHED = {
    "day": {"week": 7, "month": 31, "quarter": 92, "season": 92, "year": 366},
    "week": {"month": 6, "quarter": 15, "season": 15, "year": 54},
    "month": {"quarter": 3, "season": 3, "year": 12},
    "quarter": {"season": 2, "year": 4},
    "season": {"quarter": 2, "year": 5},
}
"""How many of the shorter windows a longer one can touch."""
HOURS = {"day": 24, "week": 168, "month": 744, "quarter": 2208, "season": 2208, "year": 8784}
"""The hours of a window, of which nobody serves more."""
_ROUNDING = {"down": ROUND_DOWN, "up": ROUND_UP, "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def most_under(cap: Cap, rules: Iterable[Rule], narrower: Iterable[Cap]) -> Decimal | None:
    """The most that can be earned for one subject of the cap in its window; None when nothing limits it.

    `rules` are those under the cap; each is limited by itself or by the tightest of the `narrower` caps.
    """
    alone, shared = Decimal(0), dict[str, Decimal]()
    others = [(other, let) for other in narrower if (let := lets_through(other, cap)) is not None]
    for rule in rules:
        most = most_of(rule, cap)
        let, tightest = min(((let, other.id) for other, let in others if other in rule.caps), default=(None, ""))
        if let is not None and (most is None or let < most):
            shared[tightest] = Decimal(let)
        elif most is None:
            return None
        else:
            alone += most
    return alone + sum(shared.values(), Decimal(0))


def lets_through(narrow: Cap, wide: Cap) -> int | None:
    """What `narrow` leaves of a subject of `wide` within a window of that; None where it says nothing of it."""
    if not frozenset(narrow.per) - {"district"} <= frozenset(wide.per):
        return None
    touched = _windows(narrow.window, wide.window)
    return None if touched is None else narrow.ceiling * touched


def most_of(rule: Rule, cap: Cap) -> Decimal | None:
    """The most that a rule can bring for one subject of a cap within its window; None when there is no limit."""
    found = [each for each in (_by_times(rule, cap), _by_hours(rule, cap), _by_shape(rule, cap)) if each is not None]
    return min(found, default=None)


def factor_of(rule: Rule) -> Decimal:
    """The most by which the coefficients of a rule multiply it."""
    factor = Decimal(1)
    for coefficient in rule.coefficients:
        factor *= max(coefficient.otherwise, *(case.factor for case in coefficient.cases))
    return factor


def gives_nothing(rule: Rule) -> bool:
    """Whether even the most that one deed can bring is rounded to nothing."""
    most = rule.shape.most()
    if most is not None:
        most = (most * factor_of(rule)).to_integral_value(_ROUNDING[rule.rounding])
    return most == 0 or rule.at_most == 0


def _by_times(rule: Rule, cap: Cap) -> Decimal | None:
    times, once = rule.times, rule.shape.most()
    windows = None if times is None else _within(times.measure, cap)
    if times is None or windows is None or (once is None and rule.at_most is None):
        return None
    limits = [Decimal(rule.at_most)] if rule.at_most is not None else []
    limits += [once * factor_of(rule)] if once is not None else []
    return _whole(min(limits), rule) * times.at_most * windows


def _by_hours(rule: Rule, cap: Cap) -> Decimal | None:
    """By the quantity that counts, or by the hours there are; many a small deed that is rounded up knows no limit."""
    if not isinstance(rule.shape, Rate) or rule.rounding != "down":
        return None
    quantity, limits = rule.quantity, list[Decimal]()
    windows = None if quantity.measure is None else _within(quantity.measure, cap)
    if windows is not None and quantity.at_most is not None:
        limits.append(quantity.at_most * windows)
    if rule.kinds == frozenset({"service"}) and "resident" in cap.per and cap.window in HOURS:
        limits.append(Decimal(HOURS[cap.window]))
    return min(limits) * rule.shape.points * factor_of(rule) if limits else None


def _by_shape(rule: Rule, cap: Cap) -> Decimal | None:
    """By bands that end, or marks that are reached once."""
    shape = rule.shape
    if not isinstance(shape, Bands | Milestones) or (windows := _within(shape.measure, cap)) is None:
        return None
    if isinstance(shape, Milestones):
        return sum((_whole(points * factor_of(rule), rule) for _, points in shape.marks), Decimal(0)) * windows
    hours = HOURS.get(shape.measure.window.name) if shape.measure.kinds == ("service",) else None
    if (
        shape.mode != "split"
        or rule.rounding != "down"
        or (shape.bands[-1].points and shape.bands[-1].high is None and hours is None)
    ):
        return None
    ends = [hours if band.high is None else band.high for band in shape.bands]
    parts = (
        max(Decimal(0), Decimal(end) - band.low) * band.points
        for band, end in zip(shape.bands, ends, strict=True)
        if end is not None
    )
    return sum(parts, Decimal(0)) * windows * factor_of(rule)


def _whole(points: Decimal, rule: Rule) -> Decimal:
    """What one deed can bring at most, as it is rounded."""
    return points if rule.rounding == "down" else points.to_integral_value(ROUND_CEILING)


def _within(measure: Measure, cap: Cap) -> int | None:
    """How many windows of the measure a window of the cap can touch, where they count for the same subject."""
    if not frozenset(measure.match) - {"district"} <= frozenset(cap.per) or measure.window.days is not None:
        return None
    return _windows(measure.window.name, cap.window)


def _windows(name: str, within: str) -> int | None:
    """How many windows of that name one of the other can touch; None for what nobody can say."""
    return 1 if name in INSIDE[within] else TOUCHED.get(name, {}).get(within)
