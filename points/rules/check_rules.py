"""Step: rules that can never fire, and rules of which nobody could say which one speaks."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from itertools import combinations

from points.rules.check_covered import covered
from points.rules.check_reach import ONE_DAY, lasting, unreachable
from points.rules.conditions import Between, OneOf, exclude_each_other, imply
from points.rules.most import HOURS, gives_nothing
from points.rules.named import named
from points.rules.pack import Pack, Rule
from points.rules.problems import MOST_TOLD, Findings, Path
from points.rules.shapes import Bands, Milestones, Table, Turn


def check_rule(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    """What can be said of one rule alone."""
    for key, why in unreachable(pack, rule.conditions):
        _never(findings, (*path, "when", *([key] if key else [])), why.zh, why.en)
    _check_totals(rule, findings, path)
    _check_quantity(rule, findings, path)
    _check_vocabulary(pack, rule, findings, path)
    _check_table(rule, findings, path)
    if gives_nothing(rule):
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


def _check_totals(rule: Rule, findings: Findings, path: Path) -> None:
    """No window has more hours than its days; a total beyond them is never reached."""
    shape = rule.shape
    if not isinstance(shape, Bands | Milestones) or shape.measure.kinds != ("service",):
        return
    most = HOURS.get(shape.measure.window.name) if shape.measure.match == ("resident",) else None
    name = "bands" if isinstance(shape, Bands) else "milestones"
    marks = [band.low for band in shape.bands] if isinstance(shape, Bands) else [at for at, _ in shape.marks]
    if most is not None and shape.measure.window.days is None and max(marks) > most:
        zh, en = (
            f"这段时间只有 {most} 小时，到不了 {max(marks)}。",
            f"The window has {most} hours; {max(marks)} is never reached.",
        )
        findings.warn((*path, "points", name), "never_fires", zh, en)


def check_streets(pack: Pack, streets: Collection[str], findings: Findings) -> None:
    """Every street that a rule or coefficient names is one of the district's."""
    for path, what, code in named(pack):
        if what == "street" and (str(code) not in streets or not isinstance(code, str)):
            zh = f"本区没有街道 `{code}`（要写九位代码，加引号）。"
            en = f"The district has no street `{code}` (write its nine digits in quotes)."
            findings.warn(path, "unknown_street", zh, en)


def _check_vocabulary(pack: Pack, rule: Rule, findings: Findings, path: Path) -> None:
    words = pack.raw.get("categories", {})
    if not words or rule.categories is None:
        return
    kinds = rule.kinds if rule.kinds is not None else frozenset(words)
    known = {name for kind in kinds for name in words.get(kind, ())}
    for name in sorted(rule.categories - known) if any(kind in words for kind in kinds) else ():
        near = get_close_matches(name, sorted(known), cutoff=0) or ["-"]
        findings.error(
            (*path, "when", "category"),
            "unknown_category",
            f"categories 里没有“{name}”；有的是：“{'”、“'.join(near)}”。",
            f"There is no `{name}` under `categories`; there is: `{'`, `'.join(near)}`.",
        )


def _check_quantity(rule: Rule, findings: Findings, path: Path) -> None:
    """What counts is more than nothing, of a deed that there can be, in whole steps."""
    quantity, here = rule.quantity, (*path, "quantity")
    least, most = quantity.at_least, quantity.at_most
    if least is not None and most is not None and least > most:
        _never(findings, here, "at_least 大于 at_most", "`at_least` is above `at_most`")
    highs = [each.high for each in rule.conditions if isinstance(each, Between) and each.what == "quantity"]
    if least is not None and any(high is not None and high <= least for high in highs):
        _never(findings, here, "`when` 里的数量到不了 at_least", "the quantity of its `when` is below `at_least`")
    elif least is not None and least > ONE_DAY and rule.kinds == frozenset({"service"}):
        _never(findings, here, "志愿服务一次最多 24 小时", "hours of one service are at most 24")
    if most == 0:
        zh, en = "at_most 是 0，这条规则什么也不算。", "`at_most` is 0: nothing counts for this rule."
        findings.warn((*here, "at_most"), "gives_nothing", zh, en)
    elif most is not None and quantity.step is not None and most % quantity.step:
        zh, en = "at_most 不是 step 的整数倍，最后一份会不足一个 step。", "`at_most` is no whole number of `step`s: "
        findings.warn((*here, "at_most"), "part_of_a_step", zh, en + "the last one counts in part.")


def _check_table(rule: Rule, findings: Findings, path: Path) -> None:
    if not isinstance(rule.shape, Table):
        return
    entries = frozenset(rule.shape.entries)
    for each in rule.conditions:
        if isinstance(each, OneOf) and each.what == f"attributes.{rule.shape.by}" and not each.negated:
            for value in sorted({str(value) for value in each.values} - entries):
                zh, en = f"表里没有“{value}”的分值。", f"The table has no points for `{value}`."
                findings.error((*path, "when", "attributes"), "gap_in_table", zh, en)
    if rule.shape.by != "category" or rule.categories is None:
        return
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
            _compare(pack, one, other, places, findings)
        for low in rules:
            if not low.adds and low.id not in looked:
                looked.add(low.id)
                _check_covered(pack, low, places, findings)


def _check_covered(pack: Pack, low: Rule, places: dict[str, int], findings: Findings) -> None:
    """Two or more higher rules may take all deeds of a lower one between them."""
    higher = [each for each in pack.rules if not each.adds and each.priority > low.priority]
    meeting = [each for each in higher if not exclude_each_other(each.conditions, low.conditions)]
    highs = [lasting(pack, each.conditions) for each in meeting]
    if any(imply(low.conditions, high) for high in highs):
        return  # told already
    if covered(low.conditions, highs):
        names_zh = "、".join(f"`{each.id}`" for each in meeting)
        names = ", ".join(f"`{each.id}`" for each in meeting)
        _never(
            findings,
            ("rules", places[low.id]),
            f"{names_zh} 合起来总是抢先",
            f"{names} together always speak before it",
        )


def _compare(pack: Pack, one: Rule, other: Rule, places: dict[str, int], findings: Findings) -> None:
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
    if imply(low.conditions, lasting(pack, high.conditions)):
        _never(findings, ("rules", places[low.id]), f"总是被 `{high.id}` 抢先", f"`{high.id}` always speaks before it")
