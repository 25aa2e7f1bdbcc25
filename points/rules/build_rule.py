"""Step: one rule of the file, with the pack's defaults, to a Rule."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from points.rules.build_shape import ShapeReader, text_of
from points.rules.build_when import Titles, When, listed, window_of
from points.rules.conditions import Condition, OneOf
from points.rules.expiry import Expiry, Notice
from points.rules.measures import ALWAYS, Measure
from points.rules.pack import Case, Coefficient, Quantity, Rule, Times
from points.rules.problems import Findings, Path
from points.rules.texts import Text
from points.rules.windows import TITLES, Window


def coefficient_of(value: dict[str, Any], findings: Findings, path: Path) -> tuple[Coefficient, When]:
    """A coefficient, and one When that holds all measures and asks of its cases."""
    title = text_of(value["title"])
    together = When({}, value["coefficient"], findings, path)
    cases = []
    for place, case in enumerate(value["cases"]):
        when = When(case["when"], f"{value['coefficient']}.{place}", findings, (*path, "cases", place, "when"))
        together.measures += when.measures
        together.asks |= when.asks | ({"tier"} if "tier" in case["when"] else set())
        cases.append(Case(when.conditions, Decimal(case["factor"]), text_of(case["title"])))
    return Coefficient(value["coefficient"], title, tuple(cases), Decimal(value.get("otherwise", 1))), together


def _titles(raw: dict[str, Any]) -> dict[str, Titles]:
    """What the pack calls its tiers and categories."""
    tiers = ((each["tier"], text_of(each["title"])) for each in raw.get("tiers", ()))
    return {
        "tier": (*tiers, ("none", Text("没有等级", "none"))),
        "category": tuple((zh, Text(zh, en)) for zh, en in raw.get("words", {}).items()),
    }


def rule_of(
    value: dict[str, Any],
    raw: dict[str, Any],
    *,
    coefficients: dict[str, tuple[Coefficient, When]],
    tiers: tuple[Measure, ...],
    findings: Findings,
    path: Path,
) -> Rule:
    """A rule without its caps, which are known when all rules are."""
    when = When(value["when"], value["rule"], findings, (*path, "when"), _titles(raw))
    reader = ShapeReader(value, findings, path)
    shape = reader.read()
    quantity, times = _quantity(value), _times(value)
    used = [coefficients[name] for name in value.get("coefficients", ()) if name in coefficients]
    asks = when.asks.union(*(each.asks for _, each in used))
    measures = [*when.measures, *reader.measures, *(measure for _, each in used for measure in each.measures)]
    limits = (quantity.measure, times.measure if times else None, times.own if times else None)
    measures += [each for each in limits if each is not None]
    if "tier" in value["when"] or "tier" in asks:
        measures += tiers
    return Rule(
        id=value["rule"],
        title=text_of(value["title"]),
        conditions=when.conditions,
        rest=tuple(each for each in when.conditions if not _indexed(each)),
        shape=shape,
        expires=expiry_of(value.get("expires", raw["expires"])),
        fund=value.get("fund", raw["fund"]),
        rounding=value.get("rounding", raw["rounding"]),
        class_=value.get("class", value["rule"]),
        quantity=quantity,
        coefficients=tuple(sorted((each for each, _ in used), key=lambda each: each.id)),
        at_most=value.get("at_most"),
        times=times,
        notice=_notice(value.get("notice", raw.get("notice"))),
        priority=value.get("priority", 0),
        adds=value.get("adds", False),
        measures=tuple(measures),
        asks=frozenset(asks - {"tier"}),
        source=value.get("source"),
        constructed=value.get("constructed", False),
        kinds=_named(when.conditions, "kind"),
        categories=_named(when.conditions, "category"),
    )


def expiry_of(value: dict[str, Any]) -> Expiry:
    return Expiry(
        value.get("months"), value.get("days"), value.get("end"), value.get("later", 0), value.get("from") == "deed"
    )


def notice_of(value: dict[str, Any]) -> Notice:
    return Notice(value.get("working_days") or value["days"], "working_days" in value)


def _notice(value: dict[str, int] | None) -> Notice | None:
    return None if value is None else notice_of(value)


def _indexed(condition: Condition) -> bool:
    return isinstance(condition, OneOf) and condition.what in ("kind", "category") and not condition.negated


def _named(conditions: tuple[Condition, ...], what: str) -> frozenset[str] | None:
    for condition in conditions:
        if isinstance(condition, OneOf) and condition.what == what and not condition.negated:
            return frozenset(str(value) for value in condition.values)
    return None


def _quantity(rule: dict[str, Any]) -> Quantity:
    value = rule.get("quantity")
    if value is None:
        return Quantity()
    step, least, most = (
        None if value.get(key) is None else Decimal(value[key]) for key in ("step", "at_least", "at_most")
    )
    per = value.get("per", "deed")
    if per == "deed" or most is None:
        return Quantity(step, least, most, title=Text("每次", "each time"))
    match = ("resident", "activity") if per == "activity" else ("resident",)
    window = Window("lifetime" if per == "activity" else per)
    measure = Measure(f"{rule['rule']}.counted", "counted", match, window, rules=(rule["rule"],))
    title = Text("每个活动", "each activity") if per == "activity" else TITLES[per]
    return Quantity(step, least, most, measure, title)


def _times(rule: dict[str, Any]) -> Times | None:
    value = rule.get("times")
    if value is None:
        return None
    per = value.get("per", "resident")
    match = (per, *(name for name in listed(value.get("same")) if name != per))
    measure = Measure(f"{rule['rule']}.times", "times", match, window_of(value["window"]), rules=(rule["rule"],))
    return Times(value["at_most"], measure, _own(measure))


def _own(measure: Measure) -> Measure | None:
    """The same limit for the resident alone; None where every deed says all that it is told by."""
    lacking = tuple(name for name in measure.match if name not in ALWAYS)
    if not lacking:
        return None
    match = ("resident", *(name for name in measure.match if name in ALWAYS and name != "resident"))
    unless = () if "household" in lacking and len(lacking) == 1 else lacking
    return replace(measure, key=f"{measure.key}.own", match=match, unless=unless)
