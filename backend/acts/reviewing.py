"""A reviewer decides on an act; an approved one earns in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.acts import details
from backend.acts.models import Act
from backend.acts.service import subject_of
from backend.acts.states import ACTS, ActState
from backend.kit import audit
from backend.kit.appeals import OWN_CLAIM
from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.db import find, transaction
from backend.passbook import earn, verified
from backend.passbook.verified import Value
from backend.staff.service import is_same_person
from points.errors import Category, kind
from points.events import DeedApproved, DeedKind
from points.rules.shapes import ASSESSED

REASON_NEEDED = kind(
    "reason_needed",
    Category.INVALID,
    zh="不予通过须写明理由，居民会看到。",
    en="A refusal needs a reason, which the resident is told.",
)


def review(
    caller: Caller,
    identifier: str,
    decision: str,
    reason: str | None,
    note: str | None,
    *,
    points: int | None = None,
    facts: Mapping[str, Value] | None = None,
    **found: Any,
) -> Act:
    """Approve or refuse a declared act, once. `found` changes what the act says (`details.Details`) before it earns.

    Refused: `own_claim` when the reviewer is the one who would earn, `reason_needed`, `wrong_state` when it was decided
    before, `rules_assessed_outside_range` when `points` lie outside the range that the rule leaves to the reviewer,
    `verified_fact_not_asked` when `facts` hold what the rules of the day do not ask for, `act_names_nothing`,
    `act_words_unreadable`.
    """
    if decision == "refuse" and not reason:
        raise REASON_NEEDED()
    with transaction():
        act = find(Act, caller.district, identifier, lock=True)
        refuse_own(caller, act)
        state = ACTS.after(ActState(act.state), decision)
        act.state, act.reviewer, act.reviewed_at = state.value, caller.name, now()
        act.reason, act.note = reason or None, note
        if state is ActState.APPROVED:
            let_earn(caller, act, points, facts, **found)
        audit.record(caller.district, caller.name, f"act.{state.value}", subject_of(act))
    return act


def refuse_own(caller: Caller, act: Act) -> None:
    """Refused with `own_claim` when this member of the staff declared the act in private."""
    if is_same_person(caller.district, caller.id, act.resident):
        raise OWN_CLAIM()


def let_earn(
    caller: Caller, act: Act, points: int | None = None, facts: Mapping[str, Value] | None = None, **found: Any
) -> None:
    """Hand an act to the rules as it was found to be, inside the open transaction."""
    changed = details.approve(act, found)
    if changed:
        audit.record(act.district, caller.name, "act.changed", subject_of(act), fields=",".join(changed))
    attributes = verified.checked(act.district, DeedKind.ACT, act.category, act.done_at, facts or {})
    if points is not None:
        attributes[ASSESSED] = points
    deed = DeedApproved(
        id=act.id,
        kind=DeedKind.ACT,
        category=act.category,
        at=act.done_at,
        resident=act.resident,
        district=act.district,
        street=act.street,
        attributes=attributes,
        **details.fields_of_deed(act),
    )
    act.earning = earn.deed_approved(deed, caller.name)
