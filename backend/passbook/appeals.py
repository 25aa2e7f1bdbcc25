"""A resident objects to what a deed earned; another person than those who decided answers before the clock runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backend.kit import appeals, audit
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import NOT_FOUND, db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.kit.states import States
from backend.passbook import corrections
from backend.passbook.models import Correction, Earning, EarningAppeal
from backend.staff.service import is_same_person
from points.errors import Category, kind

ALREADY_APPEALED = kind(
    "appeal_already_made",
    Category.CONFLICT,
    zh="这件事已申诉过一次。",
    en="This was appealed before; it can be appealed once.",
)
NOT_DECIDED = kind(
    "earning_not_decided",
    Category.CONFLICT,
    zh="这件事还没有计算积分，规则发布后会自动计算。",
    en="This deed is not decided yet; it is, once rules are published for its day.",
)
OPEN, CORRECTING, CORRECTED = "open", "correcting", corrections.CORRECTED
STATES: States[str] = States(
    {
        "extend": (frozenset({OPEN}), OPEN),
        "uphold": (frozenset({OPEN}), "upheld"),
        "correct": (frozenset({OPEN}), CORRECTING),
        "confirm": (frozenset({CORRECTING}), CORRECTED),
        "decline": (frozenset({CORRECTING}), OPEN),
    }
)


def appeal(caller: Caller, identifier: str, text: str) -> EarningAppeal:
    """Object to a decision, once; the answer is due within 3 working days.

    Refused: `appeal_too_late`, `appeal_already_made`, `earning_not_decided`.
    """
    with transaction() as session:
        row = find(Earning, caller.district, identifier, lock=True)
        if row.resident != caller.id:
            raise NOT_FOUND()
        if of_earning(row.district, row.id) is not None:
            raise ALREADY_APPEALED()
        if row.decision is None:
            raise NOT_DECIDED()
        changed = [each for each in corrections.of_earning(row.district, row.id) if each.state == "confirmed"]
        appeals.check_in_time(_decided_last(row, changed))
        made = EarningAppeal(district=row.district, id=fresh_id(), earning=row.id, **appeals.started(text))
        session.add(made)
        audit.record(row.district, caller.name, "earning.appealed", f"earning:{row.id}")
    return made


def extend(caller: Caller, identifier: str, reason: str) -> EarningAppeal:
    """Others must check: the answer is due within 7 working days of the appeal. The resident sees the reason.

    Refused: `same_reviewer`, `own_claim`, `wrong_state`, `appeal_already_extended`, `appeal_overdue`.
    """
    with transaction():
        row, made = _held(caller, identifier)
        STATES.after(state_of(made), "extend")
        appeals.extended(made, reason)
        audit.record(row.district, caller.name, "earning.appeal_extended", f"earning:{row.id}")
    return made


def answer(caller: Caller, identifier: str, decision: str, reason: str, changes: dict[str, Any]) -> EarningAppeal:
    """Uphold the decision, or ask for its correction, with reasons.

    A correction takes a further person to confirm; until then the appeal is `correcting` and its clock runs on. It
    never leads to fewer points. Refused: `same_reviewer`, `own_claim`, `wrong_state`, and for a correction
    `appeal_answer_lower` and what `corrections.ask` refuses.
    """
    with transaction():
        row, made = _held(caller, identifier)
        state = STATES.after(state_of(made), decision)
        if state != CORRECTING:
            appeals.answered(made, state, reason, caller.name)
        else:
            appeals.proposed(made, state, reason, caller.name)
            made.correction = corrections.ask(
                caller, row.id, corrections.CORRECTION, changes, reason, appeal=made.id
            ).id
        audit.record(row.district, caller.name, f"earning.appeal_{state}", f"earning:{row.id}")
    return made


def escalate_overdue(district: str) -> int:
    """Put appeals that were not answered in time before those above; answers how many."""
    return appeals.escalate(district, EarningAppeal, "earning.appeal_overdue", lambda made: f"earning:{made.earning}")


def of_earning(district: str, earning: str) -> EarningAppeal | None:
    """The appeal of an earning, if there is one."""
    return db.session.scalar(rows(EarningAppeal, district).where(EarningAppeal.earning == earning))


def list_all(district: str, open_only: bool, overdue_only: bool, cursor: str | None, limit: int) -> Page:
    """The appeals of a district, newest first."""
    query = rows(EarningAppeal, district)
    if open_only or overdue_only:
        query = query.where(EarningAppeal.answered_at.is_(None))
    if overdue_only:
        query = query.where(EarningAppeal.answer_due_at < now())
    page = page_of(query, EarningAppeal, cursor, limit)
    return Page([shown(made) for made in page.items], page.next_cursor)


def may_appeal_until(row: Earning, changed: Sequence[Correction]) -> datetime:
    """The last moment to appeal: within 30 days of the decision, or of what changed it last."""
    return appeals.may_object_until(_decided_last(row, changed))


def _decided_last(row: Earning, changed: Sequence[Correction]) -> datetime:
    return max([row.decided_at, *(each.answered_at for each in changed if each.answered_at is not None)])


def state_of(made: EarningAppeal) -> str:
    """`open`, `upheld`, `correcting` or `corrected`."""
    return made.decision or OPEN


def shown(made: EarningAppeal) -> dict[str, Any]:
    """An appeal with its clock, as both sides see it."""
    return {
        **appeals.shown(made),
        "id": made.id,
        "earning": made.earning,
        "state": state_of(made),
        "correction": made.correction,
        "earlier": [_earlier(each) for each in _declined(made)],
    }


def _declined(made: EarningAppeal) -> list[Correction]:
    query = rows(Correction, made.district).where(Correction.appeal == made.id, Correction.state == "declined")
    return list(db.session.scalars(query.order_by(Correction.id)))


def _earlier(declined: Correction) -> dict[str, Any]:
    """An answer that did not stand, and why."""
    return {
        "decision": CORRECTED,
        "reason": declined.reason,
        "answered_at": declined.asked_at,
        "declined_because": declined.declined_because,
        "declined_at": declined.answered_at,
    }


def _held(caller: Caller, identifier: str) -> tuple[Earning, EarningAppeal]:
    """The earning and its appeal, held, for somebody who had no part in what was decided."""
    row = find(Earning, caller.district, identifier, lock=True)
    if is_same_person(caller.district, caller.id, row.resident):
        raise appeals.OWN_CLAIM()
    made = of_earning(row.district, row.id)
    if made is None:
        raise NOT_FOUND()
    if corrections.is_decider(caller, row):
        raise appeals.SAME_REVIEWER()
    return row, find(EarningAppeal, row.district, made.id, lock=True)
