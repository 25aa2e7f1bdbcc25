"""Step: parts of a pack that would be read past without a word: one way given twice, a number nobody can pay."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from points.rules.bounds import FINEST
from points.rules.problems import Findings, Path


def check_parts(raw: Mapping[str, Any], findings: Findings) -> None:
    """Refuse each part that another one beside it makes void, by its place."""
    _dates(raw, (), findings)
    for place, rule in enumerate(raw["rules"]):
        _dates(rule, ("rules", place), findings)
        _too_fine(rule["points"], ("rules", place, "points"), findings)
        if "per" in rule.get("quantity", {}) and "at_most" not in rule["quantity"]:
            _void(findings, ("rules", place, "quantity", "per"), "per", "at_most")
        _milestones(rule["points"].get("milestones"), ("rules", place, "points", "milestones"), findings)
    for place, cap in enumerate(raw.get("caps", ())):
        _one_of(cap, ("share", "points"), ("caps", place), findings)
    for place, opening in enumerate(raw.get("redemption", {}).get("open", ())):
        _one_of(opening, ("weekday", "days"), ("redemption", "open", place), findings)
    _stars(raw.get("stars"), findings)
    least, most = raw.get("redemption", {}).get("least_points", 0), raw.get("store", {}).get("at_most")
    if most is not None and least > most:
        zh = f"起兑分 {least} 高于最多可存的 {most}：没有人能兑换。"
        en = f"Redeeming begins at {least} points, but one may keep only {most}: nobody can redeem."
        findings.warn(("redemption", "least_points"), "never_fires", zh, en)


def _dates(part: Mapping[str, Any], path: Path, findings: Findings) -> None:
    """`expires` and `notice`, of the pack or of a rule, and of the stars."""
    expires = part.get("expires", {})
    _one_of(expires, ("months", "days", "end"), (*path, "expires"), findings)
    if "later" in expires and "end" not in expires:
        _void(findings, (*path, "expires", "later"), "later", "end")
    _one_of(part.get("notice", {}), ("working_days", "days"), (*path, "notice"), findings)


def _one_of(part: dict[str, Any], names: tuple[str, ...], path: Path, findings: Findings) -> None:
    given = [name for name in names if name in part]
    if len(given) > 1:
        zh = f"`{'`、`'.join(given)}` 只能写一个，别的会不起作用。"
        en = f"Write one of `{'`, `'.join(given)}`: the others would have no effect."
        findings.error((*path, given[1]), "no_effect", zh, en)


def _void(findings: Findings, path: Path, name: str, needs: str) -> None:
    zh, en = f"没有 `{needs}` 时 `{name}` 不起作用。", f"`{name}` has no effect without `{needs}`."
    findings.error(path, "no_effect", zh, en)


def _milestones(value: dict[str, Any] | None, path: Path, findings: Findings) -> None:
    for place, step in enumerate(value["steps"] if value else ()):
        if step["at"] == 0:
            zh, en = (
                "累计 0 一开始就达到，这一档永远不会奖。",
                "A total of 0 is there from the start: this mark never pays.",
            )
            findings.error((*path, "steps", place), "never_fires", zh, en)


def _stars(stars: dict[str, Any] | None, findings: Findings) -> None:
    if stars is None:
        return
    _dates(stars, ("stars",), findings)
    for place, (lower, higher) in enumerate(zip(stars["hours"], stars["hours"][1:], strict=False)):
        if higher <= lower:
            zh, en = "各星级的小时数要从低到高，不能重复。", "The hours of the grades rise, and none stands twice."
            findings.error(("stars", "hours", place + 1), "ambiguous_stars", zh, en)
            return


def _too_fine(value: Any, path: Path, findings: Findings) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            _too_fine(part, (*path, key), findings)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _too_fine(part, (*path, place), findings)
    elif isinstance(value, Decimal) and int(value.normalize().as_tuple().exponent) < FINEST:
        zh, en = f"小数最多 {-FINEST} 位。", f"A number has at most {-FINEST} decimals."
        findings.error(path, "too_fine", zh, en)
