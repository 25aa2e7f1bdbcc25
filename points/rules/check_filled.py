"""Step: what a pack asks of deeds that the service does not write into them yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from points.events import DeedApproved
from points.rules.conditions import WORDS
from points.rules.pack import Pack, Rule
from points.rules.problems import Findings, Path
from points.rules.shapes import Rate
from points.rules.texts import Text

Fills = Mapping[str, frozenset[str]]
"""The fields of a deed that are filled, by its kind; a kind that is not in it is never made."""

FIELDS = {
    "quantity": Text("数量", "a quantity"),
    "street": Text("街道", "a street"),
    "team": Text("队伍", "a team"),
    "activity": Text("活动", "an activity"),
    "household": Text("住户", "a household"),
    "place": Text("地点", "a place"),
    "about": Text("对象", "whom it is about"),
}


def not_said(names: Iterable[str], event: DeedApproved) -> Text:
    """Which of these fields a deed lacks, in words; empty when it has them all."""
    lacking = [FIELDS[name] for name in names if name in FIELDS and getattr(event, name) is None]
    return Text("、".join(each.zh for each in lacking), " and ".join(each.en for each in lacking))


def check_filled(pack: Pack, fills: Fills, findings: Findings) -> None:
    """Warn of each rule and cap that looks at a field, or a kind of deed, that nothing fills."""
    places = {value["rule"]: place for place, value in enumerate(pack.raw["rules"])}
    for rule in pack.rules:
        path: Path = ("rules", places[rule.id])
        _check_kinds(rule, fills, findings, path)
        _warn(_asked(rule), _kinds(rule, fills), fills, findings, path)
        if rule.times is not None:
            _warn(frozenset(rule.times.measure.match), _kinds(rule, fills), fills, findings, (*path, "times"))
    for place, value in enumerate(pack.raw.get("caps", ())):
        cap = next(each for each in pack.caps if each.id == value["cap"])
        kinds = frozenset[str]().union(*(_kinds(rule, fills) for rule in pack.rules if cap in rule.caps))
        _warn(frozenset(cap.per), kinds, fills, findings, ("caps", place))


def _check_kinds(rule: Rule, fills: Fills, findings: Findings, path: Path) -> None:
    for kind in sorted((rule.kinds or frozenset()) - frozenset(fills)):
        word = WORDS["kind"][kind]
        zh = f"系统目前还没有“{word.zh}”这种行为，这条规则暂时用不上。"
        en = f"The service makes no deeds of the kind `{kind}` yet; the rule has nothing to speak for."
        findings.warn((*path, "when", "kind"), "not_filled", zh, en)


def _kinds(rule: Rule, fills: Fills) -> frozenset[str]:
    return frozenset(fills) if rule.kinds is None else rule.kinds & frozenset(fills)


def _asked(rule: Rule) -> frozenset[str]:
    """The fields by which a rule's conditions, quantities and arithmetic tell deeds apart."""
    measures = [each for each in rule.measures if each.key.removesuffix(".own") != f"{rule.id}.times"]
    found = {each.what for each in rule.conditions} | {name for measure in measures for name in measure.match}
    return frozenset(found) | ({"quantity"} if isinstance(rule.shape, Rate) else set())


_NO_EFFECT = Text("这里对它们不起作用", "this has no effect on them")
_ALWAYS_ONE = Text("一律按 1 计", "it is always 1")
_FOR_EACH = Text("次数对它们按居民本人计", "how often it pays is counted for each resident of them")


def _warn(asked: frozenset[str], kinds: frozenset[str], fills: Fills, findings: Findings, path: Path) -> None:
    for name in sorted(asked & frozenset(FIELDS)):
        lacking = sorted(kind for kind in kinds if name not in fills[kind])
        if lacking:
            words, field = "、".join(WORDS["kind"][kind].zh for kind in lacking), FIELDS[name]
            then = _ALWAYS_ONE if name == "quantity" else _FOR_EACH if path[-1] == "times" else _NO_EFFECT
            zh = f"系统目前不给“{words}”记录{field.zh}，{then.zh}。"
            en = f"The service does not record {field.en} for: {', '.join(lacking)}; {then.en}."
            findings.warn(path, "not_filled", zh, en)
