"""Step: why each other rule did not speak, worked out on demand from the facts a decision stored."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from points.rules.check_filled import not_said
from points.rules.conditions import NO_NAMES, Condition, Names
from points.rules.decide import counted_of, grant_of, used_up
from points.rules.decision import Decision
from points.rules.measures import Measure
from points.rules.narrow import by_the_deed
from points.rules.pack import Pack, Rule, Times
from points.rules.shapes import Milestones
from points.rules.texts import Text, plain
from points.rules.view import View


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule that gave nothing and why. `code`: condition, other_rule, times, quantity, nothing."""

    rule: str
    title: Text
    code: str
    reason: Text


def silent(pack: Pack, decision: Decision, names: Names = NO_NAMES) -> tuple[Silence, ...]:
    """A reason for every rule of the pack without a grant in the decision, by id.

    Given what streets, teams and activities are called, they are called so.
    ValueError when the pack is not the one that decided.
    """
    if pack.digest != decision.digest:
        raise ValueError("this pack did not make this decision")
    view = View(pack, decision.event, decision.facts)
    spoke = {grant.rule for grant in decision.grants}
    candidates = pack.candidates(decision.event.kind.value, decision.event.category)
    chosen = next((rule for rule in candidates if not rule.adds and _first_failing(rule, view) is None), None)
    return tuple(_silence(rule, view, chosen, names) for rule in pack.rules if rule.id not in spoke)


def _silence(rule: Rule, view: View, chosen: Rule | None, names: Names) -> Silence:
    failing = _first_failing(rule, view)
    if failing is not None:
        said = failing.say(names)
        return Silence(rule.id, rule.title, "condition", Text(f"条件不符：要求{said.zh}", f"it asks that {said.en}"))
    if chosen is not None and not rule.adds and rule.id != chosen.id:
        other = chosen.title
        return Silence(
            rule.id, rule.title, "other_rule", Text(f"适用的是“{other.zh}”", f"“{other.en}” applies instead")
        )
    by = None if rule.times is None else used_up(rule.times, view)
    if rule.times is not None and by is not None:
        return Silence(rule.id, rule.title, "times", _too_often(rule.times, by, view))
    return Silence(rule.id, rule.title, *_too_little(rule, view))


def _too_often(times: Times, by: Measure, view: View) -> Text:
    title, most = by.window.title(), times.at_most
    reason = Text(f"同一事由{title.zh}最多 {most} 次", f"at most {most} for the same thing {title.en}")
    if by is not times.own:
        return reason
    lacking = not_said(times.measure.match, view.event)
    zh, en = (f"这件事没有写明{lacking.zh}，", f"this deed does not say {lacking.en}; ") if lacking.zh else ("", "")
    return Text(f"{zh}按您本人计：{reason.zh}", f"{en}counted for you alone: {reason.en}")


def _too_little(rule: Rule, view: View) -> tuple[str, Text]:
    quantity, declared = rule.quantity, view.event.quantity
    if quantity.at_least is not None and declared < quantity.at_least:
        least = plain(quantity.at_least)
        return "quantity", Text(f"数量不足 {least}", f"the quantity is below {least}")
    if quantity.at_most is not None:
        most, title = plain(quantity.at_most), quantity.title
        before = view.before(quantity.measure) if quantity.measure is not None else 0
        if before >= quantity.at_most:
            return "quantity", Text(
                f"{title.zh}最多计 {most}，已计满", f"at most {most} count {title.en}; that is used up"
            )
    assert grant_of(rule, view, view.facts.balance or 0) is None  # noqa: S101 - else it would have spoken
    counted = counted_of(quantity, view, []) or Decimal(0)
    ahead = rule.shape.not_yet(view, counted) if isinstance(rule.shape, Milestones) else None
    return "nothing", ahead or Text("按规则算出来是 0 分", "by its arithmetic it comes to 0 points")


def _first_failing(rule: Rule, view: View) -> Condition | None:
    """The first condition that does not hold: what the deed itself says first, for others may ask for unread facts."""
    told = sorted(rule.conditions, key=lambda each: each.what not in ("kind", "category") and not by_the_deed(each))
    return next((condition for condition in told if not condition.holds(view)), None)
