"""What a correction leads to: the deed as it should have been taken up, decided anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backend.kit.days import local_day
from backend.kit.db import db, rows
from backend.passbook import again, earn, facts, kept, packs, posting, verified, worded
from backend.passbook.models import Earning, RulePack
from backend.wiring import ledger
from points.errors import Category, kind
from points.events import DeedApproved
from points.rules import Decision, Pack, decide, facts_needed
from points.rules.caps import fit, take
from points.rules.shapes import ASSESSED

NO_RULES = kind(
    "earning_without_rules",
    Category.CONFLICT,
    zh="这件事当天还没有生效的规则。",
    en="No rules are in force for the day of this deed yet.",
)
SUSPENDED = kind(
    "earning_rules_suspended",
    Category.CONFLICT,
    zh="决定这件事的规则包已停用，当天还没有新的规则；新规则发布后才能更正。",
    en="The rules that decided this deed are suspended and none took their place; correct it once others are there.",
)
NOTHING_CHANGES = kind(
    "correction_changes_nothing",
    Category.CONFLICT,
    zh="这样更正，事实和积分都不变。",
    en="Such a correction changes neither the facts nor the points.",
)
CATEGORY_UNKNOWN = kind(
    "correction_category_unknown",
    Category.INVALID,
    zh="当天的规则里没有“{category}”这一类；可以填：{known}。",
    en="The rules of that day know no category `{category}`; they know: {known}.",
)
LOWER = kind(
    "appeal_answer_lower",
    Category.CONFLICT,
    zh="对申诉的答复不能使积分减少：更正后为 {after} 分，现在是 {now} 分。",
    en="An appeal is not answered with fewer points: {after} after the correction, {now} now.",
)


@dataclass(frozen=True, slots=True)
class Made:
    """What a correction leads to."""

    event: DeedApproved
    decision: Decision | None
    """None for an undoing, and for a deed that goes on waiting for rules."""


def made(row: Earning, changes: Mapping[str, Any]) -> Made:
    """The deed with these changes, decided by the pack in force on its day.

    Where another pack decided it (one suspended since) and gives more, by that one: nobody has less because the rules
    are others. Refused: `correction_changes_nothing`, `correction_category_unknown`, `verified_fact_not_asked`,
    `earning_without_rules`, `earning_rules_suspended`, as `worded.fields_of_deed`, and what the rules refuse.
    """
    before = earn.event_of(row)
    pack = packs.in_force(row.district, local_day(before.at))
    event = _changed(before, changes, worded.fields_of_deed(row, changes), pack)
    if row.decision is None:
        decision = None
        if pack is not None:
            decision = decide(pack, event, facts.read(event, facts_needed(pack, event), row.approved_at))
        elif event == before:
            raise NOTHING_CHANGES()
        return Made(event, decision)
    first = Decision.from_json(row.decision)
    if pack is None:
        raise SUSPENDED() if _is_suspended(row.district, first) else NO_RULES()
    decision = decide(pack, event, again.read(event, pack, row, first))
    if pack.digest != first.digest:
        own = packs.by_digest(row.district, first.digest)
        by_own = decide(own, event, again.read(event, own, row, first))
        decision = by_own if by_own.amount > decision.amount else decision
    if event == before and _given(decision) == _given(first):
        raise NOTHING_CHANGES()
    return Made(event, decision)


def check_not_lower(row: Earning, new: Decision | None) -> None:
    """Refused with `appeal_answer_lower` where the resident would have less of this deed than now."""
    if row.decision is None or new is None:
        return
    first = Decision.from_json(row.decision)
    if new.amount < first.amount:
        raise LOWER(after=new.amount, now=first.amount)
    after, now = _outlook(row, first, new)
    if after < now:
        raise LOWER(after=after, now=now)


def _outlook(row: Earning, first: Decision, corrected: Decision) -> tuple[int, int]:
    """What the resident would have of the earning after the correction, as the caps stand, and what they have now."""
    had = {grant.rule: grant for grant in first.grants}
    now, used = 0, Counter[str]()
    for stored in posting.grants_of(row.district, [row.id]).get(row.id, []):
        if stored.state in ("waiting", "posted"):
            now += stored.granted + stored.kept
            for key, _ in had[stored.rule].caps if stored.rule in had else ():
                used[key] -= stored.granted + stored.kept
    for key in {key for grant in corrected.grants for key, _ in grant.caps}:
        used[key] += ledger(row.district).counted(key) + kept.counted(row.district, key)
    after = 0
    for grant in corrected.grants:
        fits, _ = fit(grant.amount, grant.caps, used)
        take(fits, grant.caps, used)
        after += fits
    return after, now


def _changed(
    event: DeedApproved, changes: Mapping[str, Any], named: Mapping[str, Any], pack: Pack | None
) -> DeedApproved:
    attributes = dict(event.attributes)
    if "assessed_points" in changes:
        attributes[ASSESSED] = changes["assessed_points"]
    if "rank" in changes:
        attributes |= {"rank": changes["rank"], "first": changes["rank"] == 1, "duplicate": changes["rank"] > 1}
    elif changes.get("category", event.category) != event.category:
        _check_category(event, changes["category"], pack)
    quantity = Decimal(changes["quantity"]) if "quantity" in changes else event.quantity
    category = changes.get("category", event.category)
    attributes |= verified.checked_by(pack, event.kind, category, changes.get("facts", {}))
    return replace(event, category=category, quantity=quantity, attributes=attributes, **named)


def _check_category(event: DeedApproved, category: str, pack: Pack | None) -> None:
    """Only what the rules of the day name for such deeds; anything while none are in force or some rule takes all."""
    rules = [rule for rule in pack.rules if rule.kinds is None or event.kind.value in rule.kinds] if pack else []
    if not rules or any(rule.categories is None for rule in rules):
        return
    known = sorted({name for rule in rules for name in rule.categories or ()})
    if category not in known:
        raise CATEGORY_UNKNOWN(category=category, known="、".join(known))


def _given(decision: Decision) -> set[tuple[object, ...]]:
    return {(g.rule, g.amount, g.counted, g.fund, g.caps, g.opens_at, g.expires_at) for g in decision.grants}


def _is_suspended(district: str, decision: Decision) -> bool:
    these = rows(RulePack, district).where(RulePack.digest == decision.digest, RulePack.state == "suspended")
    return db.session.scalar(these) is not None
