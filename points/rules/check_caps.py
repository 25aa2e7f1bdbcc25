"""Step: caps that cannot do anything: no rule under them, a wider one always in the way, or more than can be earned."""

from __future__ import annotations

from decimal import Decimal

from points.rules.caps import Cap
from points.rules.pack import Pack, Rule
from points.rules.problems import Findings
from points.rules.shapes import Rate
from points.rules.windows import NAMES

_INSIDE = {
    "day": frozenset(NAMES),
    "week": frozenset({"week", "lifetime"}),
    "month": frozenset({"month", "quarter", "season", "year", "lifetime"}),
    "quarter": frozenset({"quarter", "year", "lifetime"}),
    "season": frozenset({"season", "lifetime"}),
    "year": frozenset({"year", "lifetime"}),
    "lifetime": frozenset({"lifetime"}),
}
"""Which windows hold the whole of a shorter one; a week may lie across two months, a winter across two years."""


_TOUCHED = {
    "day": {"week": 7, "month": 31, "quarter": 92, "season": 92, "year": 366},
    "week": {"month": 6, "quarter": 15, "season": 15, "year": 54},
    "month": {"quarter": 3, "season": 3, "year": 12},
    "quarter": {"season": 2, "year": 4},
    "season": {"quarter": 2, "year": 5},
}
"""How many of the shorter windows a longer one can touch."""


def check_caps(pack: Pack, findings: Findings) -> None:
    """Warn of every cap and budget that can never cut; refuse those that count no rule."""
    places = {value["cap"]: ("caps", place) for place, value in enumerate(pack.raw.get("caps", ()))}
    places |= {value["budget"]: ("budgets", place) for place, value in enumerate(pack.raw.get("budgets", ()))}
    every = (*pack.caps, *pack.budgets)
    under = {cap.id: frozenset(rule.id for rule in pack.rules if cap in rule.caps) for cap in every}
    for cap in every:
        path = places[cap.id]
        if not under[cap.id]:
            findings.error(path, "cap_without_rules", "没有规则受这个上限约束。", "No rule is under this cap.")
            continue
        wider = next((other for other in every if _covers(other, cap, under)), None)
        if wider is not None:
            _unreachable(findings, path, f"“{wider.title.zh}”总是先到", f"`{wider.id}` always cuts first")
            continue
        if cap.ceiling == 0:
            zh, en = "这个上限是 0 分：它管的规则什么也不给。", "This cap is 0 points: the rules under it give nothing."
            findings.warn((*path, "points"), "gives_nothing", zh, en)
            continue
        narrow = next((other for other in every if _starves(other, cap, under)), None)
        if narrow is not None:
            _unreachable(
                findings, path, f"“{narrow.title.zh}”加起来也不到", f"`{narrow.id}` never lets so many through"
            )
            continue
        most = _most(cap, [rule for rule in pack.rules if cap in rule.caps])
        if most is not None and most <= cap.ceiling:
            _unreachable(findings, path, f"最多只能得 {int(most)} 分", f"no more than {int(most)} can be earned")


def _unreachable(findings: Findings, path: tuple[str | int, ...], zh: str, en: str) -> None:
    findings.warn(path, "cap_unreachable", f"这个上限永远到不了：{zh}。", f"This cap can never be reached: {en}.")


def _covers(wide: Cap, narrow: Cap, under: dict[str, frozenset[str]]) -> bool:
    """Whether `wide` counts all that `narrow` counts, for at least as many and as long, and is not higher."""
    if wide.id == narrow.id or not under[narrow.id] <= under[wide.id]:
        return False
    if not frozenset(wide.per) - {"district"} <= frozenset(narrow.per) or wide.window not in _INSIDE[narrow.window]:
        return False
    same = frozenset(wide.per) == frozenset(narrow.per) and wide.window == narrow.window
    alike = same and wide.ceiling == narrow.ceiling and under[wide.id] == under[narrow.id]
    return wide.ceiling <= narrow.ceiling and (not alike or wide.id < narrow.id)


def _starves(narrow: Cap, wide: Cap, under: dict[str, frozenset[str]]) -> bool:
    """Whether all that `narrow` lets through in its windows within one of `wide` is not above the ceiling of that."""
    touched = _TOUCHED.get(narrow.window, {}).get(wide.window)
    if touched is None or not under[wide.id] <= under[narrow.id]:
        return False
    return frozenset(narrow.per) - {"district"} <= frozenset(wide.per) and narrow.ceiling * touched <= wide.ceiling


def _most(cap: Cap, rules: list[Rule]) -> Decimal | None:
    """The most one resident can earn within the cap's window under limits of times and hours; None when unlimited."""
    if cap.per != ("resident",):
        return None
    total = Decimal(0)
    for rule in rules:
        most = most_of(rule, cap.window)
        if most is None:
            return None
        total += most
    return total


def most_of(rule: Rule, window: str) -> Decimal | None:
    """The most one resident can earn by a rule within a window; None when there is no limit."""
    factor = Decimal(1)
    for coefficient in rule.coefficients:
        factor *= max(coefficient.otherwise, *(case.factor for case in coefficient.cases))
    quantity = rule.quantity
    if (
        isinstance(rule.shape, Rate)
        and quantity.measure is not None
        and quantity.at_most is not None
        and quantity.measure.match == ("resident",)
        and quantity.measure.window.name in _INSIDE[window]
    ):
        return rule.shape.points * quantity.at_most * factor
    times, once = rule.times, rule.shape.most()
    if times is None or once is None or times.measure.match != ("resident",):
        return None
    if times.measure.window.days is not None or times.measure.window.name not in _INSIDE[window]:
        return None
    each = once * factor if rule.at_most is None else min(once * factor, Decimal(rule.at_most))
    return each * times.at_most
