"""Step: rules that can never fire, and rules of which nobody could say which one speaks."""

from __future__ import annotations

from datetime import date
from itertools import combinations

from points.rules.conditions import Between, OneOf, exclude_each_other, imply
from points.rules.pack import Pack, Rule
from points.rules.problems import MOST_TOLD, Findings, Path
from points.rules.shapes import Table, Turn


def check_rule(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    """What can be said of one rule alone."""
    _check_dates(pack, rule, findings, path)
    _check_days(rule, findings, path)
    _check_vocabulary(pack, rule, findings, path)
    _check_table(rule, findings, path)
    quantity = rule.quantity
    if quantity.at_least is not None and quantity.at_most is not None and quantity.at_least > quantity.at_most:
        _never(findings, (*path, "quantity"), "at_least 大于 at_most", "`at_least` is above `at_most`")
    if rule.shape.most() == 0 or rule.at_most == 0:
        findings.warn((*path, "points"), "gives_nothing", "这条规则总是 0 分。", "This rule always gives 0 points.")
    if isinstance(rule.shape, Turn) and rule.shape.later > rule.shape.first:
        findings.warn(
            (*path, "points"),
            "later_above_first",
            "后报者比首报者得分还高。",
            "Later reporters earn more than the first.",
        )


def _never(findings: Findings, path: Path, zh: str, en: str) -> None:
    findings.error(path, "never_fires", f"这条规则永远不会生效：{zh}。", f"This rule can never fire: {en}.")


def _check_dates(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    for condition in rule.conditions:
        if not isinstance(condition, Between) or condition.what != "date":
            continue
        first: date | None = condition.low
        after: date | None = condition.high
        late = pack.valid_to is not None and first is not None and first > pack.valid_to
        if late or (after is not None and after <= pack.valid_from):
            _never(
                findings, (*path, "when", "date"), "日期在规则包有效期之外", "its dates are outside those of the pack"
            )


def _check_days(rule: Rule, findings: Findings, path: Path) -> None:
    """Weekends are Saturdays and Sundays; make-up working days too."""
    chosen = {each.what: each.values for each in rule.conditions if isinstance(each, OneOf) and not each.negated}
    days, weekdays = chosen.get("day"), chosen.get("weekday")
    if days is None or weekdays is None:
        return
    if (days <= {"weekend", "makeup_workday"} and not weekdays & {"sat", "sun"}) or (
        days == {"workday"} and weekdays <= {"sat", "sun"}
    ):
        _never(
            findings, (*path, "when"), "day 与 weekday 不可能同时成立", "its `day` and `weekday` cannot hold together"
        )


def _check_vocabulary(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    words = pack.raw.get("categories", {})
    if not words or rule.categories is None:
        return
    kinds = rule.kinds if rule.kinds is not None else frozenset(words)
    known = {name for kind in kinds for name in words.get(kind, ())}
    for name in sorted(rule.categories - known) if any(kind in words for kind in kinds) else ():
        findings.error(
            (*path, "when", "category"),
            "unknown_category",
            f"categories 里没有“{name}”。",
            f"There is no `{name}` under `categories`.",
        )


def _check_table(rule: Rule, findings: Findings, path: Path) -> None:
    if not isinstance(rule.shape, Table) or rule.shape.by != "category" or rule.categories is None:
        return
    entries = frozenset(rule.shape.entries)
    for name in sorted(rule.categories - entries):
        findings.error(
            (*path, "when", "category"),
            "gap_in_table",
            f"表里没有“{name}”的分值。",
            f"The table has no points for `{name}`.",
        )
    for name in sorted(entries - rule.categories):
        findings.error(
            (*path, "points", "table", "values", name),
            "never_used",
            f"规则不包括“{name}”，这个分值用不上。",
            f"The rule does not cover `{name}`; its points are never used.",
        )


def check_rules(pack: Pack, places: dict[str, int], findings: Findings) -> None:
    """Of two rules that can meet in one deed, one adds or one has the higher priority, and neither hides the other."""
    seen: set[tuple[str, str]] = set()
    for rules in pack.buckets():
        for one, other in combinations((rule for rule in rules if not rule.adds), 2):
            pair = (min(one.id, other.id), max(one.id, other.id))
            if pair in seen:
                continue
            if len(findings.found) >= MOST_TOLD:
                return
            seen.add(pair)
            _compare(one, other, places, findings)


def _compare(one: Rule, other: Rule, places: dict[str, int], findings: Findings) -> None:
    if exclude_each_other(one.conditions, other.conditions):
        return
    if one.priority == other.priority:
        later, earlier = (one, other) if places[one.id] > places[other.id] else (other, one)
        findings.error(
            ("rules", places[later.id]),
            "ambiguous_rules",
            f"规则 `{later.id}` 与 `{earlier.id}` 会同时成立：请给其中一条 priority，或写 `adds: true`。",
            f"The rules `{later.id}` and `{earlier.id}` can both hold: give one a `priority`, or say `adds: true`.",
        )
        return
    high, low = (one, other) if one.priority > other.priority else (other, one)
    if imply(low.conditions, high.conditions):
        _never(findings, ("rules", places[low.id]), f"总是被 `{high.id}` 抢先", f"`{high.id}` always speaks before it")
