"""Step: the sense of a pack whose form is right: rules that cannot fire, rules that both would, caps nobody reaches."""

from __future__ import annotations

from itertools import combinations
from typing import Any, TypeGuard

from points.rules.check_caps import check_caps
from points.rules.check_parts import check_parts
from points.rules.check_reach import check_case, check_holes
from points.rules.check_rules import check_rule, check_rules
from points.rules.conditions import OneOf, exclude_each_other
from points.rules.most import HOURS
from points.rules.pack import Pack
from points.rules.problems import Findings, Path


def check_sense(pack: Pack, findings: Findings) -> None:
    """Add a problem for each thing that has the right form and cannot be meant."""
    if pack.valid_to is not None and pack.valid_to < pack.valid_from:
        findings.error(("valid",), "empty_range", "有效期的结束早于开始。", "The pack ends before it begins.")
    check_parts(pack.raw, findings)
    places = {value["rule"]: place for place, value in enumerate(pack.raw["rules"])}
    for rule in pack.rules:
        check_rule(pack, rule, findings, ("rules", places[rule.id]))
    check_rules(pack, places, findings)
    check_holes(pack, places, findings)
    _check_coefficients(pack, findings)
    check_caps(pack, findings)
    _check_categories(pack, findings)
    _check_calendar(pack, findings)
    _check_tiers(pack, findings)


def _check_coefficients(pack: Pack, findings: Findings) -> None:
    used = {each.id for rule in pack.rules for each in rule.coefficients}
    by_id = {each.id: each for each in pack.coefficients}
    for place, value in enumerate(pack.raw.get("coefficients", ())):
        coefficient, path = by_id[value["coefficient"]], ("coefficients", place)
        if coefficient.id not in used:
            findings.warn(path, "never_used", "没有规则用这个系数。", "No rule uses this coefficient.")
        using = [rule for rule in pack.rules if coefficient in rule.coefficients]
        for number, case in enumerate(coefficient.cases):
            here = (*path, "cases", number)
            check_case(pack, case.conditions, using, findings, here)
            _check_lessening(value["cases"][number], findings, here)
        for (first, one), (second, other) in combinations(enumerate(coefficient.cases), 2):
            if not exclude_each_other(one.conditions, other.conditions):
                findings.error(
                    (*path, "cases", second),
                    "ambiguous_cases",
                    f"这一档与第 {first + 1} 档会同时成立。",
                    f"This case and case {first + 1} can hold together.",
                )


_OF_THE_THING = frozenset({"first", "duplicate", "rank", "hours"})
"""What the service itself says of a report or of hours; nothing that somebody was found to have done."""


def _check_lessening(case: dict[str, Any], findings: Findings, path: Path) -> None:
    """Points only reward: a fact about somebody that takes points away, or all of them, is a fine by another name."""
    facts = {name: value for name, value in case["when"].get("attributes", {}).items() if name not in _OF_THE_THING}
    if facts and (case["factor"] == 0 or (case["factor"] < 1 and any(value is True for value in facts.values()))):
        zh = "这一档让积分变少或归零：本系统只奖不罚，不应因某人的负面情况少给；不该得分的行为请不要写规则。"
        en = "This case lessens points or takes them all: nobody gets less for a fact that speaks against them; "
        findings.warn((*path, "factor"), "lessens", zh, en + "write no rule for what should bring nothing.")


def _check_categories(pack: Pack, findings: Findings) -> None:
    """Every category that the rules promise something for has a rule of its kind, by name where it only adds."""
    for kind, names in pack.raw.get("categories", {}).items():
        for place, name in enumerate(names):
            rules = pack.candidates(kind, name)
            named = [rule for rule in rules if rule.categories is None or name in rule.categories]
            if not any(not rule.adds or rule.categories is not None for rule in named):
                findings.warn(
                    ("categories", kind, place),
                    "category_without_rule",
                    f"类别“{name}”没有规则：这是一个空缺。",
                    f"No rule speaks for the category `{name}`: this is a gap.",
                )


def _check_calendar(pack: Pack, findings: Findings) -> None:
    """A pack that asks for the kind of day must know every year it is valid in."""
    looked = [rule.conditions for rule in pack.rules]
    looked += [case.conditions for coefficient in pack.coefficients for case in coefficient.cases]
    asked = [each for conditions in looked for each in conditions if _asks_day(each)]
    waits = any(rule.notice is not None and rule.notice.working for rule in pack.rules)
    if not asked and not waits:
        return
    last = pack.valid_to.year if pack.valid_to is not None else pack.valid_from.year + 10
    years = range(pack.valid_from.year, last + 1)
    unknown = [year for year in years if not pack.calendar.knows(year)]
    if unknown:
        findings.error(
            ("valid",),
            "calendar_unknown",
            f"还不知道 {unknown[0]} 年的放假安排：请缩短有效期，或在 calendar 里补上，或写 `beyond: weekends`。",
            f"The holidays of {unknown[0]} are not known: end the pack before, add them under `calendar`, "
            "or say `beyond: weekends`.",
        )
    elif waits and not pack.calendar.knows(last + 1):
        findings.warn(
            ("valid",),
            "calendar_unknown",
            f"公示期可能跨入 {last + 1} 年，那年的放假安排还不知道。",
            f"A public notice may run into {last + 1}, whose holidays are not known yet.",
        )
    silent = [year for year in years if not pack.calendar.published(year)]
    if silent and not unknown and any(each.values & {"holiday", "makeup_workday"} for each in asked):
        zh = f"{silent[0]} 年的放假安排还没有公布：那年没有一天算法定节假日或调休上班日；"
        en = f"The holidays of {silent[0]} are not published: no day of it is a holiday or a make-up working day; "
        zh, en = (
            zh + "请在 calendar 里列出，或公布后另发一包。",
            en + "list them under `calendar`, or publish a pack then.",
        )
        findings.warn(("calendar",), "holidays_unpublished", zh, en)


def _asks_day(condition: object) -> TypeGuard[OneOf]:
    return isinstance(condition, OneOf) and condition.what == "day"


def _check_tiers(pack: Pack, findings: Findings) -> None:
    """Of two tiers one must be the higher in every need, or nobody can say which one a resident has."""
    for place, value in enumerate(pack.raw.get("tiers", ())):
        hours = value["needs"].get("hours", {"at_least": 0, "window": "lifetime"})
        if isinstance(hours["window"], str) and hours["at_least"] > HOURS.get(hours["window"], hours["at_least"]):
            zh, en = (
                "这段时间里不可能有这么多小时，没有人能到这一级。",
                "Its window has not so many hours: nobody gets there.",
            )
            findings.warn(("tiers", place, "needs", "hours"), "never_fires", zh, en)
        for earlier in pack.raw["tiers"][:place]:
            one, other = value["needs"], earlier["needs"]
            if set(one) != set(other):
                continue
            higher = [one[what]["at_least"] > other[what]["at_least"] for what in one]
            same = [one[what]["at_least"] == other[what]["at_least"] for what in one]
            if all(same) or (any(higher) and not all(up or even for up, even in zip(higher, same, strict=True))):
                findings.error(
                    ("tiers", place),
                    "ambiguous_tiers",
                    f"等级 `{value['tier']}` 与 `{earlier['tier']}` 分不出高低。",
                    f"The tiers `{value['tier']}` and `{earlier['tier']}` cannot be told apart in height.",
                )
