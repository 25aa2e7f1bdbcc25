"""A refused act is appealed by its resident, and answered by another reviewer before its clock runs out."""

from __future__ import annotations

from datetime import timedelta

from backend.acts.models import Act, Appeal
from backend.acts.reviewing import let_earn, refuse_own
from backend.acts.service import act_for, subject_of
from backend.acts.states import ACTS, ActState
from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.days import end_of_working_day
from backend.kit.db import db, find, rows, transaction
from backend.wiring import settings
from points.errors import Category, kind

APPEAL_TOO_LATE = kind(
    "appeal_too_late",
    Category.GONE,
    zh="申诉须在决定后 {days} 天内提出。",
    en="An appeal is made within {days} days of the decision.",
)
SAME_REVIEWER = kind(
    "same_reviewer",
    Category.FORBIDDEN,
    zh="申诉须由另一位审核人答复。",
    en="An appeal is answered by another person than the first reviewer.",
)
ALREADY_EXTENDED = kind(
    "appeal_already_extended",
    Category.CONFLICT,
    zh="答复期限只能延长一次。",
    en="The term for the answer was extended before.",
)
APPEAL_OVERDUE = kind(
    "appeal_overdue",
    Category.CONFLICT,
    zh="已超过答复期限,不能再延长,请尽快答复。",
    en="The answer is overdue; the term cannot be extended any more.",
)


def appeal(caller: Caller, identifier: str, text: str) -> Act:
    """Object to a refusal, once; the answer is due within 3 working days. Refused: `appeal_too_late`, `wrong_state`."""
    terms = settings().appeals
    with transaction() as session:
        act = find(Act, caller.district, act_for(caller, identifier).id, lock=True)
        state = ACTS.after(ActState(act.state), "appeal")
        if act.reviewed_at is None or now() > act.reviewed_at + timedelta(days=terms.file_within_days):
            raise APPEAL_TOO_LATE(days=terms.file_within_days)
        act.state = state.value
        due = end_of_working_day(now(), terms.working_days)
        session.add(
            Appeal(
                district=act.district,
                id=fresh_id(),
                act=act.id,
                text=text,
                made_at=now(),
                answer_due_at=due,
                others_must_check=False,
            )
        )
        audit.record(caller.district, caller.name, "act.appealed", subject_of(act))
    return act


def extend(caller: Caller, identifier: str, reason: str) -> Act:
    """Others must check: the answer is due within 7 working days of the appeal. The resident sees the reason.

    Refused: `same_reviewer`, `own_claim`, `wrong_state`, `appeal_already_extended`, `appeal_overdue`.
    """
    with transaction():
        act, made = _held(caller, identifier, "extend")
        if made.others_must_check:
            raise ALREADY_EXTENDED()
        if now() > made.answer_due_at:
            raise APPEAL_OVERDUE()
        made.others_must_check, made.extension_reason = True, reason
        made.answer_due_at = end_of_working_day(made.made_at, settings().appeals.working_days_when_others_must_check)
        audit.record(caller.district, caller.name, "act.appeal_extended", subject_of(act))
    return act


def answer(caller: Caller, identifier: str, decision: str, reason: str) -> Act:
    """Uphold the refusal or overturn it, with a reason; an overturned refusal earns.

    Refused: `same_reviewer`, `own_claim`, `wrong_state`.
    """
    with transaction():
        act, made = _held(caller, identifier, decision)
        state = ACTS.after(ActState(act.state), decision)
        act.state = state.value
        made.decision, made.reason, made.answerer, made.answered_at = state.value, reason, caller.name, now()
        if state is ActState.OVERTURNED:
            let_earn(caller, act)
        audit.record(caller.district, caller.name, f"act.{state.value}", subject_of(act))
    return act


def appeals_of(district: str, acts: list[str]) -> dict[str, Appeal]:
    """The appeals of these acts, by act."""
    return {made.act: made for made in db.session.scalars(rows(Appeal, district).where(Appeal.act.in_(acts)))}


def is_overdue(made: Appeal) -> bool:
    """Whether the answer came, or still is, after its time."""
    return (made.answered_at or now()) > made.answer_due_at


def _held(caller: Caller, identifier: str, step: str) -> tuple[Act, Appeal]:
    act = find(Act, caller.district, identifier, lock=True)
    refuse_own(caller, act)
    ACTS.after(ActState(act.state), step)
    if act.reviewer == caller.name:
        raise SAME_REVIEWER()
    return act, db.session.scalars(rows(Appeal, act.district).where(Appeal.act == act.id)).one()
