"""Step: what no deed of a pack can meet: days that do not come, hours no window has, cases outside their rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from points.rules.conditions import WEEKDAYS, Between, Condition, OneOf, exclude_each_other, imply
from points.rules.most import HOURS
from points.rules.pack import Pack, Rule
from points.rules.problems import MOST_TOLD, Findings, Path
from points.rules.texts import Text, plain

Conditions = tuple[Condition, ...]
LOOKED_AT = 400
"""Days that are looked at one by one; among more, every weekday and kind of day is found."""
ONE_DAY = Decimal(24)
"""The most hours of one deed: hours end with their day."""
_SERVICE = frozenset({"service"})


def unreachable(pack: Pack, conditions: Conditions) -> Iterator[tuple[str, Text]]:
    """Where in a `when` it asks for what no deed has, and why."""
    if any(each.what == "date" and _outside(pack, each) for each in _ranges(conditions)):
        yield "date", Text("日期在规则包有效期之外", "its dates are outside those of the pack")
    elif _no_such_day(pack, conditions):
        yield "", Text("这些日期里没有符合条件的日子", "none of its dates is such a day")
    if any(too_many_hours(each) for each in _ranges(conditions)):
        yield "hours_before", Text("这段时间里不可能有这么多小时", "its window has not so many hours")
    if _named(conditions, "kind") == _SERVICE and any(
        each.what == "quantity" and each.low is not None and each.low > ONE_DAY for each in _ranges(conditions)
    ):
        yield "quantity", Text("志愿服务一次最多 24 小时", "hours of one service are at most 24")


def check_case(pack: Pack, case: Conditions, rules: Sequence[Rule], findings: Findings, path: Path) -> None:
    """Warn of a case of a coefficient that no deed of the pack, or of the rules that use it, can meet."""
    meeting = (rule.conditions for rule in rules if not exclude_each_other(rule.conditions, case))
    alike = {frozenset(_key(each) for each in looked): looked for looked in map(_looked_at, meeting)}
    if _never(pack, case) or (rules and all(_never(pack, (*each, *case)) for each in alike.values())):
        zh, en = "这一档永远不会成立。", "No deed of this pack can meet this case."
        findings.warn((*path, "when"), "never_fires", zh, en)


def _never(pack: Pack, conditions: Conditions) -> bool:
    return any(True for _ in unreachable(pack, conditions))


def _looked_at(conditions: Conditions) -> Conditions:
    """Those that decide whether there is such a deed at all."""
    return tuple(each for each in conditions if isinstance(each, Between) or each.what in ("kind", "weekday", "day"))


def too_many_hours(condition: Between) -> bool:
    """Whether it asks for more hours than its window has."""
    what, _, window = condition.what.partition(".")
    if what != "hours_before" or condition.low is None:
        return False
    name, _, days = window.partition(".")
    most = (2 * int(days) + 1) * 24 if days.isdigit() else HOURS.get(name)
    return most is not None and condition.low > most


def lasting(pack: Pack, conditions: Conditions) -> Conditions:
    """The conditions without the dates that hold on every day of the pack."""
    return tuple(each for each in conditions if not (isinstance(each, Between) and _all_days(pack, each)))


def check_holes(pack: Pack, places: dict[str, int], findings: Findings) -> None:
    """Warn of numbers between rules that are alike in all else, for which no rule speaks."""
    alike: dict[tuple[object, ...], list[tuple[Between, Rule]]] = {}
    for rule in pack.rules:
        for each in _ranges(rule.conditions) if not rule.adds else ():
            if each.what == "quantity" or each.what.startswith("hours_before"):
                rest = frozenset(_key(other) for other in rule.conditions if other is not each)
                alike.setdefault((each.what, rest), []).append((each, rule))
    for found in alike.values():
        order = sorted(found, key=lambda pair: (pair[0].low is not None, pair[0].low or 0, pair[1].id))
        reached: Decimal | None = order[0][0].high
        for number, rule in order[1:]:
            hole = reached is not None and number.low is not None and reached < number.low
            if hole and len(findings.found) < MOST_TOLD and not _caught(pack, number, rule):
                low, high = plain(reached or Decimal(0)), plain(number.low)
                zh = f"{low} 到 {high} 之间没有规则：这是一个空缺。"
                en = f"No rule speaks for {low} to {high}: this is a gap."
                findings.warn(("rules", places[rule.id], "when"), "gap_between_rules", zh, en)
            reached = None if reached is None or number.high is None else max(reached, number.high)


def _caught(pack: Pack, number: Between, rule: Rule) -> bool:
    """Whether another rule speaks for all that this one does, whatever the number."""
    rest = tuple(each for each in rule.conditions if each is not number)
    return any(imply(rest, other.conditions) for other in pack.rules if not other.adds)


def _key(condition: Condition) -> tuple[object, ...]:
    if isinstance(condition, OneOf):
        return condition.what, condition.values, condition.negated
    if isinstance(condition, Between):
        return condition.what, condition.low, condition.high
    return condition.what, condition.consents


def _ranges(conditions: Conditions) -> list[Between]:
    return [each for each in conditions if isinstance(each, Between)]


def _named(conditions: Conditions, what: str) -> frozenset[object] | None:
    found = [each.values for each in conditions if isinstance(each, OneOf) and each.what == what and not each.negated]
    return frozenset(found[0]) if found else None


def _outside(pack: Pack, dates: Between) -> bool:
    late = pack.valid_to is not None and dates.low is not None and dates.low > pack.valid_to
    return late or (dates.high is not None and dates.high <= pack.valid_from)


def _all_days(pack: Pack, dates: Between) -> bool:
    if dates.what != "date":
        return False
    begins = dates.low is None or dates.low <= pack.valid_from
    return begins and (dates.high is None or (pack.valid_to is not None and pack.valid_to < dates.high))


def _no_such_day(pack: Pack, conditions: Conditions) -> bool:
    """Whether none of the days, within those of the pack, is of the right weekday and kind."""
    wanted = [each for each in conditions if isinstance(each, OneOf) and each.what in ("weekday", "day")]
    dates = [each for each in _ranges(conditions) if each.what == "date"]
    if not wanted:
        return False
    first = max([pack.valid_from, *(each.low for each in dates if each.low is not None)])
    ends = [each.high for each in dates if each.high is not None]
    after = min([*ends, *([pack.valid_to + timedelta(days=1)] if pack.valid_to is not None else [])], default=None)
    if after is None or (after - first).days > LOOKED_AT or _clash(wanted):
        return _clash(wanted)
    days = [first + timedelta(days=ahead) for ahead in range((after - first).days)]
    return bool(days) and not any(all(_fits(each, day, pack) for each in wanted) for day in days)


def _clash(wanted: list[OneOf]) -> bool:
    """Weekends are Saturdays and Sundays; make-up working days too."""
    chosen = {each.what: each.values for each in wanted if not each.negated}
    days, weekdays = chosen.get("day"), chosen.get("weekday")
    if days is None or weekdays is None:
        return False
    weekend = days <= {"weekend", "makeup_workday"} and not weekdays & {"sat", "sun"}
    return weekend or (days == {"workday"} and weekdays <= {"sat", "sun"})


def _fits(condition: OneOf, day: date, pack: Pack) -> bool:
    if condition.what == "day" and not pack.calendar.published(day.year):
        return not _clash([condition, OneOf("weekday", frozenset({WEEKDAYS[day.weekday()]}), False, condition.read)])
    value = WEEKDAYS[day.weekday()] if condition.what == "weekday" else pack.calendar.kind(day)
    return (value in condition.values) is not condition.negated
