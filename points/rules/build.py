"""Step: a pack's checked values to a Pack."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from points.events import DeedKind
from points.rules.build_redemption import redemption_of, stars_of
from points.rules.build_rule import coefficient_of, expiry_of, rule_of
from points.rules.build_shape import text_of
from points.rules.build_when import date_of, listed, window_of
from points.rules.caps import Cap
from points.rules.days import Calendar, own_calendar
from points.rules.decision import canonical
from points.rules.measures import Measure
from points.rules.pack import Coefficient, Pack, Rule, Store, index
from points.rules.problems import Findings
from points.rules.texts import plain
from points.rules.tiers import Tier

_IDS = {
    "rules": "rule",
    "caps": "cap",
    "coefficients": "coefficient",
    "budgets": "budget",
    "tiers": "tier",
    "sources": "source",
}
"""The lists whose order says nothing, and the key that names their items."""
TOLD = 12
"""Names told to somebody who wrote one that there is not."""


def build(raw: dict[str, Any], findings: Findings) -> Pack:
    """The pack of values that fit the schema; refuses names that lead nowhere, gaps and overlaps in bands."""
    _check_names(raw, findings)
    findings.stop_if_failed()
    tiers = _tiers(raw)
    rules, coefficients = _rules(raw, tiers, findings)
    budgets = _budgets(raw)
    caps = _caps(raw)
    covered = _with_caps(rules, raw, [*caps, *budgets])
    first = date_of(raw["valid"]["from"], findings, ("valid", "from"))
    last = date_of(raw["valid"].get("to"), findings, ("valid", "to"))
    zone, calendar = _zone(raw, findings), _calendar(raw, findings)
    findings.stop_if_failed()
    assert first is not None  # noqa: S101 - a missing or wrong date has stopped the pack above
    text = canonical_form(raw)
    return Pack(
        id=raw["pack"],
        version=raw["version"],
        title=text_of(raw["title"]),
        document=text_of(raw["document"]["title"]),
        document_number=raw["document"]["number"],
        publisher=raw["document"]["publisher"],
        district=raw["district"],
        valid_from=first,
        valid_to=last,
        zone=zone,
        timezone=zone.key,
        fund=raw["fund"],
        rules=covered,
        caps=tuple(caps),
        coefficients=coefficients,
        calendar=calendar,
        expires=expiry_of(raw["expires"]),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        canonical=text,
        tiers=tiers,
        stars=stars_of(raw),
        redemption=redemption_of(raw),
        store=None if "store" not in raw else Store(raw["store"]["at_most"], raw["store"]["overflow_to"]),
        budgets=tuple(budgets),
        words=raw.get("words", {}),
        raw=raw,
        _index=index(covered, tuple(each.value for each in DeedKind)),
    )


def _rules(
    raw: dict[str, Any], tiers: tuple[Tier, ...], findings: Findings
) -> tuple[list[Rule], tuple[Coefficient, ...]]:
    """The rules, without their caps, and the coefficients, by id."""
    coefficients = {
        value["coefficient"]: coefficient_of(value, findings, ("coefficients", place))
        for place, value in enumerate(raw.get("coefficients", ()))
    }
    looked_at = tuple(measure for tier in tiers for measure, _ in tier.needs)
    rules = [
        rule_of(value, raw, coefficients=coefficients, tiers=looked_at, findings=findings, path=("rules", place))
        for place, value in enumerate(raw["rules"])
    ]
    return rules, tuple(sorted((each for each, _ in coefficients.values()), key=lambda each: each.id))


def canonical_form(raw: dict[str, Any]) -> str:
    """JSON in which neither the order of rules nor the writing of a number (`1.50`) makes a difference."""
    ordered = {
        key: sorted(value, key=lambda item: str(item[_IDS[key]])) if key in _IDS else value
        for key, value in raw.items()
    }
    return canonical(_plain(ordered))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else plain(value)
    return value


def _check_names(raw: dict[str, Any], findings: Findings) -> None:
    """Every id once, and every reference to something that is there."""
    known: dict[str, set[str]] = {}
    for section, key in _IDS.items():
        known[section] = set()
        for place, item in enumerate(raw.get(section, ())):
            name = item[key]
            if name in known[section]:
                path = (section, place, key)
                findings.error(path, "doubled_id", f"编号 `{name}` 用了两次。", f"The id `{name}` is used twice.")
            known[section].add(name)
    for place, budget in enumerate(raw.get("budgets", ())):
        if (name := budget["budget"]) in known["caps"]:
            path = ("budgets", place, "budget")
            findings.error(path, "doubled_id", f"`{name}` 已是上限的编号。", f"`{name}` is the id of a cap already.")
    _check_references(raw, known, findings)


def _check_references(raw: dict[str, Any], known: dict[str, set[str]], findings: Findings) -> None:
    classes = {rule.get("class", rule["rule"]) for rule in raw["rules"]}
    for place, rule in enumerate(raw["rules"]):
        _refer(rule.get("coefficients", ()), known["coefficients"], ("rules", place, "coefficients"), findings)
        _refer_tiers(rule["when"], known["tiers"], ("rules", place), findings)
        if "source" in rule:
            _refer((rule["source"],), known["sources"], ("rules", place, "source"), findings)
    for place, coefficient in enumerate(raw.get("coefficients", ())):
        for number, case in enumerate(coefficient["cases"]):
            _refer_tiers(case["when"], known["tiers"], ("coefficients", place, "cases", number), findings)
    for section in ("caps", "budgets"):
        for place, cap in enumerate(raw.get(section, ())):
            _refer(cap.get("rules", ()), known["rules"], (section, place, "rules"), findings)
            _refer(cap.get("classes", ()), classes, (section, place, "classes"), findings)
            if "share" in cap:
                _refer((cap["share"]["of"],), known["budgets"], (section, place, "share"), findings)
            elif "points" not in cap:
                findings.error((section, place), "missing_key", "要写 points 或 share。", "Give `points` or `share`.")


def _refer(names: Iterable[str], known: set[str], path: tuple[str | int, ...], findings: Findings) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1) or sorted(known)[:TOLD]
            zh = f"；有的是：{'、'.join(near)}。" if near else "；这里还一项都没有写。"
            en = f"; there is: {', '.join(near)}." if near else "; nothing of the kind is written yet."
            findings.error(path, "unknown_name", f"没有叫 `{name}` 的项{zh}", f"There is nothing called `{name}`{en}")


def _refer_tiers(when: dict[str, Any], known: set[str], path: tuple[str | int, ...], findings: Findings) -> None:
    _refer(listed(when.get("tier")), {*known, "none"}, (*path, "when", "tier"), findings)


def _tiers(raw: dict[str, Any]) -> tuple[Tier, ...]:
    tiers = []
    for value in raw.get("tiers", ()):
        needs = []
        for what, need in sorted(value["needs"].items()):
            kinds = listed(need.get("kind", "service")) if what == "hours" else ()
            measure = Measure(
                f"tier.{value['tier']}.{what}",
                "quantity" if what == "hours" else "points",
                ("resident",),
                window_of(need["window"]),
                kinds=kinds,
            )
            needs.append((measure, Decimal(need["at_least"])))
        tiers.append(Tier(value["tier"], text_of(value["title"]), tuple(needs)))
    return tuple(sorted(tiers, key=lambda tier: ([-least for _, least in tier.needs], tier.id)))


def _caps(raw: dict[str, Any]) -> list[Cap]:
    budgets = {value["budget"]: value["points"] for value in raw.get("budgets", ())}
    caps = []
    for value in raw.get("caps", ()):
        share = value.get("share")
        ceiling = value.get("points") if share is None else int(budgets[share["of"]] * Decimal(share["part"]))
        caps.append(Cap(value["cap"], text_of(value["title"]), listed(value["per"]), value["window"], int(ceiling)))
    return sorted(caps, key=lambda cap: cap.id)


def _budgets(raw: dict[str, Any]) -> list[Cap]:
    return [
        Cap(value["budget"], text_of(value["title"]), ("district",), value["window"], value["points"])
        for value in sorted(raw.get("budgets", ()), key=lambda value: str(value["budget"]))
    ]


def _with_caps(rules: list[Rule], raw: dict[str, Any], caps: list[Cap]) -> tuple[Rule, ...]:
    wanted = {value.get("cap", value.get("budget")): value for value in (*raw.get("caps", ()), *raw.get("budgets", ()))}
    covered = []
    for rule in rules:
        own = tuple(cap for cap in caps if covers(wanted[cap.id], rule))
        covered.append(replace(rule, caps=tuple(sorted(own, key=lambda cap: cap.id))))
    return tuple(sorted(covered, key=lambda rule: rule.id))


def covers(cap: dict[str, Any], rule: Rule) -> bool:
    """Whether a cap or budget of the file counts a rule's points: named, of a named class, of its fund, or no list."""
    if "fund" in cap and cap["fund"] != rule.fund:
        return False
    if "rules" not in cap and "classes" not in cap:
        return True
    return rule.id in cap.get("rules", ()) or rule.class_ in cap.get("classes", ())


def _zone(raw: dict[str, Any], findings: Findings) -> ZoneInfo:
    name = raw.get("timezone", "Asia/Shanghai")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        findings.error(("timezone",), "no_such_zone", f"没有时区 `{name}`。", f"There is no time zone `{name}`.")
        return ZoneInfo("UTC")


def _calendar(raw: dict[str, Any], findings: Findings) -> Calendar:
    value = raw.get("calendar", {})
    days = [
        [date_of(day, findings, ("calendar", key, place)) for place, day in enumerate(value.get(key, ()))]
        for key in ("holidays", "makeup_workdays")
    ]
    free, work = ([day for day in each if day is not None] for each in days)
    return own_calendar(free, work, value.get("beyond", "refuse"))
