"""A refused act is appealed by its resident, and answered by another reviewer before its clock runs out."""

from __future__ import annotations

from typing import Any

from backend.acts.models import Act, Appeal
from backend.acts.reviewing import let_earn, refuse_own
from backend.acts.service import act_for, subject_of
from backend.acts.states import ACTS, ActState
from backend.kit import appeals, audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id
from backend.kit.db import db, find, rows, transaction


def appeal(caller: Caller, identifier: str, text: str) -> Act:
    """Object to a refusal, once; the answer is due within 3 working days. Refused: `appeal_too_late`, `wrong_state`."""
    with transaction() as session:
        act = find(Act, caller.district, act_for(caller, identifier).id, lock=True)
        state = ACTS.after(ActState(act.state), "appeal")
        appeals.check_in_time(act.reviewed_at)
        act.state = state.value
        session.add(Appeal(district=act.district, id=fresh_id(), act=act.id, **appeals.started(text)))
        audit.record(caller.district, caller.name, "act.appealed", subject_of(act))
    return act


def extend(caller: Caller, identifier: str, reason: str) -> Act:
    """Others must check: the answer is due within 7 working days of the appeal. The resident sees the reason.

    Refused: `same_reviewer`, `own_claim`, `wrong_state`, `appeal_already_extended`, `appeal_overdue`.
    """
    with transaction():
        act, made = _held(caller, identifier, "extend")
        appeals.extended(made, reason)
        audit.record(caller.district, caller.name, "act.appeal_extended", subject_of(act))
    return act


def answer(caller: Caller, identifier: str, decision: str, reason: str, points: int | None = None, **found: Any) -> Act:
    """Uphold the refusal or overturn it, with a reason; an overturned refusal earns as `found`, else as declared.

    Refused: `same_reviewer`, `own_claim`, `wrong_state`, `act_names_nothing`.
    """
    with transaction():
        act, made = _held(caller, identifier, decision)
        state = ACTS.after(ActState(act.state), decision)
        act.state = state.value
        appeals.answered(made, state.value, reason, caller.name)
        if state is ActState.OVERTURNED:
            let_earn(caller, act, points, **found)
        audit.record(caller.district, caller.name, f"act.{state.value}", subject_of(act))
    return act


def appeals_of(district: str, acts: list[str]) -> dict[str, Appeal]:
    """The appeals of these acts, by act."""
    return {made.act: made for made in db.session.scalars(rows(Appeal, district).where(Appeal.act.in_(acts)))}


def escalate_overdue(district: str) -> int:
    """Put appeals that were not answered in time before those above; answers how many."""
    return appeals.escalate(district, Appeal, "act.appeal_overdue", lambda made: f"act:{made.act}")


def _held(caller: Caller, identifier: str, step: str) -> tuple[Act, Appeal]:
    act = find(Act, caller.district, identifier, lock=True)
    refuse_own(caller, act)
    ACTS.after(ActState(act.state), step)
    if act.reviewer == caller.name:
        raise appeals.SAME_REVIEWER()
    return act, db.session.scalars(rows(Appeal, act.district).where(Appeal.act == act.id)).one()
