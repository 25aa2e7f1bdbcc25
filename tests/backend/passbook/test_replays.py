"""A replay of real deeds through the pack that decided them gives each resident what the service gave."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from backend.kit.clock import now
from backend.passbook.history import history
from points.clock import FixedClock
from points.events import DeedApproved, DeedKind
from points.rules import load_pack
from points.rules.simulate import as_before
from points.rules.trial import try_pack
from tests.app import DISTRICT
from tests.backend.passbook.small import opened, written
from tests.backend.passbook.stage import deed, points, taken
from tests.cast import Cast

RULES = """\
- {rule: once, title: {zh: 拾金, en: Found}, when: {kind: act, category: 拾金}, points: {each: 12},
   times: {at_most: 1, window: {days: 3}, same: [place]}}
- {rule: hours, title: {zh: 助老, en: Care}, when: {kind: service, category: 助老}, quantity: {at_most: 4, per: day},
   points: {bands: {window: month, steps: [{from: 0, to: 5, points: 4}, {from: 5, points: 1.5}]}}}
- {rule: gold, title: {zh: 清扫, en: Clean}, when: {kind: service, category: 清扫}, points: {per_hour: 2},
   coefficients: [tier]}
- {rule: marks, title: {zh: 里程碑, en: Marks}, when: {kind: service}, adds: true, points: {milestones: {
   window: lifetime, steps: [{at: 5, points: 7}, {at: 9, points: 11}]}}}
- {rule: snap, title: {zh: 首报, en: Snap}, when: {kind: ticket}, points: {turn: {first: 10, later: 1,
   same: [place, category], window: {days: 7}}}}"""
MORE = """\
coefficients:
- {coefficient: tier, title: {zh: 级, en: Tier}, cases: [{title: {zh: 金, en: Gold}, when: {tier: gold}, factor: 1.5}]}
tiers:
- {tier: gold, title: {zh: 金, en: Gold}, needs: {
   hours: {at_least: 6, window: month}, points: {at_least: 20, window: month}}}
caps:
- {cap: monthly, title: {zh: 每月, en: Monthly}, per: resident, window: month, points: 130}
- {cap: home, title: {zh: 每户, en: Home}, per: household, window: week, points: 30}
- {cap: team, title: {zh: 队, en: Team}, per: [team, resident], window: day, points: 15, rules: [hours, gold]}"""
SORTS = (
    (DeedKind.ACT, "扫雪"),
    (DeedKind.ACT, "拾金"),
    (DeedKind.SERVICE, "助老"),
    (DeedKind.SERVICE, "清扫"),
    (DeedKind.TICKET, "垃圾"),
)


def some_deed(random: Random, residents: list[str]) -> DeedApproved:
    kind, category = random.choice(SORTS)
    return deed(
        random.choice(residents),
        kind,
        category,
        at=now() - timedelta(minutes=random.randint(60, 15 * 24 * 60)),
        quantity=Decimal(random.choice(["1", "2.5", "4"])) if kind is DeedKind.SERVICE else Decimal(1),
        household=random.choice([None, "h1", "h2"]),
        team=random.choice([None, "t1"]),
        place=random.choice([None, "p1", "p2"]),
    )


@pytest.mark.parametrize("seed", range(3))
def test_deeds_are_replayed_in_the_order_of_their_reviews(cast: Cast, clock: FixedClock, seed: int) -> None:
    random = Random(seed)
    opened(cast, RULES, more=MORE)
    residents = [cast.resident(name) for name in ("甲一", "乙二", "丙三")]
    for _ in range(40):
        taken(some_deed(random, [each.id for each in residents]))
        clock.advance(seconds=1)
    pack = as_before(load_pack(written(RULES, more=MORE)))
    trial = try_pack(pack, history(DISTRICT, None, None))
    given = {each.id: points(each) for each in residents}
    assert min(given.values()) > 0
    assert trial.by_resident == given
