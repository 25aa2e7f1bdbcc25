"""Step: rules that can never fire, and rules of which nobody could say which one speaks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import combinations

from points.rules.check_covered import covered
from points.rules.conditions import WEEKDAYS, Between, Condition, OneOf, exclude_each_other, imply
from points.rules.pack import Pack, Rule
from points.rules.problems import MOST_TOLD, Findings, Path
from points.rules.shapes import Bands, Milestones, Table, Turn

Conditions = tuple[Condition, ...]
_HOURS = {"day": 24, "week": 168, "month": 744, "quarter": 2208, "season": 2208, "year": 8784}
LOOKED_AT = 400
"""Days that are looked at one by one; among more, every weekday and kind of day is found."""


def check_rule(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    """What can be said of one rule alone."""
    _check_dates(pack, rule, findings, path)
    _check_totals(rule, findings, path)
    _check_days(rule, findings, path)
    _check_calendar_days(pack, rule, findings, path)
    _check_vocabulary(pack, rule, findings, path)
    _check_table(rule, findings, path)
    quantity = rule.quantity
    if quantity.at_least is not None and quantity.at_most is not None and quantity.at_least > quantity.at_most:
        _never(findings, (*path, "quantity"), "at_least 大于 at_most", "`at_least` is above `at_most`")
    if quantity.at_most == 0:
        zh, en = "at_most 是 0，这条规则什么也不算。", "`at_most` is 0: nothing counts for this rule."
        findings.warn((*path, "quantity", "at_most"), "gives_nothing", zh, en)
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


def check_reach(pack: Pack, conditions: Conditions, findings: Findings, path: Path) -> None:
    """Warn of a case of a coefficient that no deed of the pack can meet."""
    for condition in conditions:
        if isinstance(condition, Between) and (_outside(pack, condition) or _too_many_hours(condition)):
            zh, en = "这一档永远不会成立。", "No deed of this pack can meet this case."
            findings.warn((*path, "when"), "never_fires", zh, en)


def _outside(pack: Pack, condition: Between) -> bool:
    if condition.what != "date":
        return False
    late = pack.valid_to is not None and condition.low is not None and condition.low > pack.valid_to
    return late or (condition.high is not None and condition.high <= pack.valid_from)


def _too_many_hours(condition: Between) -> bool:
    """Whether it asks for more hours than its window has."""
    what, _, window = condition.what.partition(".")
    if what != "hours_before" or condition.low is None:
        return False
    name, _, days = window.partition(".")
    most = (2 * int(days) + 1) * 24 if days.isdigit() else _HOURS.get(name)
    return most is not None and condition.low > most


def _check_totals(rule: Rule, findings: Findings, path: Path) -> None:
    """No window has more hours than its days; a total beyond them is never reached."""
    for condition in rule.conditions:
        if isinstance(condition, Between) and _too_many_hours(condition):
            zh, en = "这段时间里不可能有这么多小时", "its window has not so many hours"
            _never(findings, (*path, "when", "hours_before"), zh, en)
    shape = rule.shape
    if not isinstance(shape, Bands | Milestones) or shape.measure.kinds != ("service",):
        return
    most = _HOURS.get(shape.measure.window.name) if shape.measure.match == ("resident",) else None
    name = "bands" if isinstance(shape, Bands) else "milestones"
    marks = [band.low for band in shape.bands] if isinstance(shape, Bands) else [at for at, _ in shape.marks]
    if most is not None and shape.measure.window.days is None and max(marks) > most:
        zh, en = (
            f"这段时间只有 {most} 小时，到不了 {max(marks)}。",
            f"The window has {most} hours; {max(marks)} is never reached.",
        )
        findings.warn((*path, "points", name), "never_fires", zh, en)


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


def _check_calendar_days(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    """Among the dates of a rule there is a day of the right weekday and kind."""
    dates = [each for each in rule.conditions if isinstance(each, Between) and each.what == "date"]
    wanted = [each for each in rule.conditions if isinstance(each, OneOf) and each.what in ("weekday", "day")]
    if not dates or not wanted:
        return
    first = max([pack.valid_from, *(each.low for each in dates if each.low is not None)])
    ends = [each.high for each in dates if each.high is not None]
    after = min([*ends, pack.valid_to + timedelta(days=1)] if pack.valid_to is not None else ends, default=None)
    if after is None or not 0 < (after - first).days <= LOOKED_AT:
        return
    days = (first + timedelta(days=ahead) for ahead in range((after - first).days))
    if not any(all(_fits(each, day, pack) for each in wanted) for day in days):
        _never(findings, (*path, "when"), "这些日期里没有符合条件的日子", "none of its dates is such a day")


def _fits(condition: OneOf, day: date, pack: Pack) -> bool:
    if condition.what == "day" and not pack.calendar.knows(day.year):
        return True
    value = WEEKDAYS[day.weekday()] if condition.what == "weekday" else pack.calendar.kind(day)
    return (value in condition.values) is not condition.negated


def check_streets(pack: Pack, streets: Collection[str], findings: Findings) -> None:
    """Every street that a rule or coefficient names is one of the district's."""
    named = [(("rules", place), value["when"]) for place, value in enumerate(pack.raw["rules"])]
    for place, value in enumerate(pack.raw.get("coefficients", ())):
        named += [(("coefficients", place), case["when"]) for case in value["cases"]]
    for path, when in named:
        wanted = when.get("street", [])
        wanted = wanted["not"] if isinstance(wanted, dict) else wanted
        for code in wanted if isinstance(wanted, list) else [wanted]:
            if str(code) not in streets or not isinstance(code, str):
                zh = f"本区没有街道 `{code}`（要写九位代码，加引号）。"
                en = f"The district has no street `{code}` (write its nine digits in quotes)."
                findings.warn((*path, "when", "street"), "unknown_street", zh, en)


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
    looked: set[str] = set()
    for rules in pack.buckets():
        for one, other in combinations((rule for rule in rules if not rule.adds), 2):
            pair = (min(one.id, other.id), max(one.id, other.id))
            if pair in seen:
                continue
            if len(findings.found) >= MOST_TOLD:
                return
            seen.add(pair)
            _compare(one, other, places, findings)
        for low in rules:
            if not low.adds and low.id not in looked:
                looked.add(low.id)
                _check_covered(pack, low, places, findings)


def _check_covered(pack: Pack, low: Rule, places: dict[str, int], findings: Findings) -> None:
    """Two or more higher rules may take all deeds of a lower one between them."""
    higher = [each for each in pack.rules if not each.adds and each.priority > low.priority]
    meeting = [each for each in higher if not exclude_each_other(each.conditions, low.conditions)]
    if any(imply(low.conditions, each.conditions) for each in meeting):
        return  # told already
    if covered(low.conditions, [each.conditions for each in meeting]):
        names_zh = "、".join(f"`{each.id}`" for each in meeting)
        names = ", ".join(f"`{each.id}`" for each in meeting)
        _never(
            findings,
            ("rules", places[low.id]),
            f"{names_zh} 合起来总是抢先",
            f"{names} together always speak before it",
        )


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
