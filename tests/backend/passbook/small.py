"""Packs of a few lines for the tests of the passbook: one matter each, with the one case publishing asks for."""

from __future__ import annotations

from decimal import Decimal

from backend.kit.auth import Role
from points.events import DeedKind
from tests.backend.passbook.stage import deed, fill_fund, publish_rules, taken
from tests.cast import Cast, Person

_HEAD = """format: 1
pack: small
version: {version}
title: {{zh: 小包, en: Small}}
document: {{title: {{zh: 细则, en: Rules}}, number: 1号, publisher: 某街道}}
district: "370112"
valid: {{from: 2026-01-01}}
rounding: down
fund: civic
expires: {{months: 12}}
{more}
rules:
{rules}
"""
_CASE = """pack: ../small.yaml
cases:
- case: 扫雪
  deeds:
  - {{kind: act, category: 扫雪, at: 2026-11-22 09:00, resident: lin, gives: {{snow: {points}}}}}
"""
SNOW = "- {rule: snow, title: {zh: 扫雪, en: Snow}, when: {kind: act, category: 扫雪}, points: {each: 10}}"
"""10 points a time."""
STORE = "store: {at_most: 15, overflow_to: civic}"
"""Nobody stores more; what is over goes to the fund."""


def written(*rules: str, more: str = "", version: int = 1) -> str:
    return _HEAD.format(version=version, more=more, rules="\n".join((SNOW, *rules)))


def opened(cast: Cast, *rules: str, more: str = "") -> tuple[Person, Person]:
    """These rules beside the one of snow are in force and the fund is full; two who may correct."""
    publish_rules(cast, written(*rules, more=more), case())
    fill_fund(cast)
    return cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)


def case(points: int = 10) -> str:
    return _CASE.format(points=points)


def served(resident: Person, hours: str | int, category: str = "助老") -> str:
    """Volunteer hours are confirmed; the earning's id."""
    return taken(deed(resident.id, DeedKind.SERVICE, category, quantity=Decimal(hours)))
