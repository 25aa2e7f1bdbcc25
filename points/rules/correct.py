"""Step: a decision is corrected: only the difference to what was posted is given or taken back, never a debt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from points.rules.decision import Decision, Grant
from points.rules.steps import Step
from points.rules.texts import NOTHING


@dataclass(frozen=True, slots=True)
class Correction:
    """What is still to be done about one rule's grant after a decision was made anew."""

    rule: str
    posted: int
    """Points that were posted for the first decision."""
    due: int
    """Points the corrected decision gives, before caps."""
    more: Grant | None
    """The grant of the points that are missing; its last step says what was posted before."""
    take_back: int
    """Points to undo; what was spent of them stays spent and is the fund's loss."""


def corrections(first: Decision, corrected: Decision) -> tuple[Correction, ...]:
    """What each rule's grant lacks or has too much, by rule; nothing for those that are right already.

    Both decisions are of the same deed; ValueError otherwise.
    """
    if first.event.id != corrected.event.id:
        raise ValueError("a correction is of the same deed")
    posted = {rule: outcome.granted for rule, outcome in first.outcomes.items()}
    due = {grant.rule: grant for grant in corrected.grants}
    found = []
    for rule in sorted({*posted, *due}):
        had, grant = posted.get(rule, 0), due.get(rule)
        amount = 0 if grant is None else grant.amount
        if amount == had:
            continue
        more = None if grant is None or amount < had else replace(grant, amount=amount - had, steps=_less(grant, had))
        found.append(Correction(rule, had, amount, more, max(0, had - amount)))
    return tuple(found)


def _less(grant: Grant, had: int) -> tuple[Step, ...]:
    if not had:
        return grant.steps
    return (*grant.steps, Step("posted", Decimal(-had), NOTHING, (Decimal(had),)))
