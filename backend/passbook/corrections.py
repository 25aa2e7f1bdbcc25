"""A decision that was wrong: one asks to make it anew or undo it, another confirms, and the difference is posted."""

from __future__ import annotations

from typing import Any

from backend.kit import audit, outbox
from backend.kit.appeals import OWN_CLAIM, confirmed, reopened
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.kit.states import States
from backend.passbook import earn, posting, remaking, reversing, worded
from backend.passbook.models import Correction, Earning, EarningAppeal
from backend.passbook.packs import SAME_PERSON
from backend.passbook.persons import same_person
from backend.passbook.remaking import Made
from backend.staff.service import is_same_person
from points.errors import Category, kind
from points.rules import Decision

CORRECTION, UNDOING = "correction", "undoing"
LEFT = "earning.left_its_turn"
"""The outbox is told by this when a deed that had a turn was corrected or undone; see `turns`."""
CORRECTED = "corrected"
"""What an appeal is when the correction that answers it is confirmed."""
ALREADY_ASKED = kind(
    "correction_already_asked",
    Category.CONFLICT,
    zh="已有一项更正待确认。",
    en="A correction of this earning waits to be confirmed.",
)
ALREADY_UNDONE = kind(
    "earning_already_undone", Category.CONFLICT, zh="这件事的积分已被撤销。", en="This earning was undone before."
)
DECIDED_BEFORE = kind(
    "decided_before",
    Category.FORBIDDEN,
    zh="原来作出决定的人，不能确认或否决它的更正。",
    en="Whoever decided the earning neither confirms nor declines its correction.",
)
STATES: States[str] = States(
    {
        "confirm": (frozenset({"asked"}), "confirmed"),
        "decline": (frozenset({"asked"}), "declined"),
    }
)


def ask(
    caller: Caller, identifier: str, kind_: str, changes: dict[str, Any], reason: str, *, appeal: str | None = None
) -> Correction:
    """Ask for a correction or an undoing, to be confirmed by another person; `appeal` is the one it answers.

    Refused: `own_claim`, `correction_already_asked`, `earning_already_undone`, `correction_under_way`, where it answers
    an appeal `appeal_answer_lower`, and what `remaking.made` refuses.
    """
    with transaction() as session:
        row = _held(caller, identifier)
        waiting = rows(Correction, row.district).where(Correction.earning == row.id, Correction.state == "asked")
        if session.scalar(waiting):
            raise ALREADY_ASKED()
        changes = worded.sealed(row, changes)
        made = _made(row, kind_, changes, appeal)
        before = earn.decision_of(row)
        asked = Correction(
            district=row.district,
            id=fresh_id(),
            earning=row.id,
            kind=kind_,
            changes=changes,
            reason=reason,
            state="asked",
            asked_by=caller.name,
            asked_at=now(),
            before=row.decision,
            points_before=before.granted if before else 0,
            points_after=made.decision.amount if made.decision else 0,
            appeal=appeal,
        )
        session.add(asked)
        audit.record(row.district, caller.name, f"earning.{kind_}_asked", f"earning:{row.id}", correction=asked.id)
    return asked


def confirm(caller: Caller, identifier: str) -> Correction:
    """A second person confirms: the decision is made anew by the pack of the deed's day, the difference is posted.

    Refused: `second_person_needed`, `decided_before`, `own_claim`, `wrong_state`, and as `ask`.
    """
    with transaction():
        correction = find(Correction, caller.district, identifier, lock=True)
        correction.state = STATES.after(correction.state, "confirm")
        if same_person(caller.district, correction.asked_by, caller.name):
            raise SAME_PERSON()
        row = _held(caller, correction.earning)
        _check_apart(caller, correction, row)
        made = _made(row, correction.kind, correction.changes, correction.appeal)
        correction.answered_by, correction.answered_at = caller.name, now()
        correction.before = row.decision
        carry_out(row, correction, made)
        if correction.appeal is not None:
            confirmed(find(EarningAppeal, caller.district, correction.appeal, lock=True), CORRECTED)
        audit.record(
            row.district,
            caller.name,
            f"earning.{correction.kind}_confirmed",
            f"earning:{row.id}",
            correction=correction.id,
            before=correction.points_before,
            after=correction.points_after,
        )
    return correction


def decline(caller: Caller, identifier: str, reason: str) -> Correction:
    """It is let be, with a reason: by whoever asked or another, but not by whoever decided the earning.

    One that answers an appeal is declined by a further person; the appeal is open again, its clock runs on, and both
    sides see the answer that did not stand. Refused: `second_person_needed`, `decided_before`, `own_claim`,
    `wrong_state`.
    """
    with transaction():
        correction = find(Correction, caller.district, identifier, lock=True)
        correction.state = STATES.after(correction.state, "decline")
        row = find(Earning, caller.district, correction.earning, lock=True)
        _check_not_own(caller, row)
        if correction.appeal is not None and same_person(caller.district, correction.asked_by, caller.name):
            raise SAME_PERSON()
        _check_apart(caller, correction, row)
        correction.answered_by, correction.answered_at = caller.name, now()
        correction.declined_because = reason
        if correction.appeal is not None:
            made = find(EarningAppeal, caller.district, correction.appeal, lock=True)
            reopened(made)
            made.correction = None
        audit.record(
            caller.district,
            caller.name,
            f"earning.{correction.kind}_declined",
            f"earning:{correction.earning}",
            correction=correction.id,
            reason=reason,
        )
    return correction


def deciders(row: Earning) -> set[str]:
    """Everybody who had a part in what the earning is now."""
    found = {row.approver}
    for correction in of_earning(row.district, row.id):
        if correction.state == "confirmed":
            found |= {correction.asked_by, correction.answered_by or ""}
    return found


def is_decider(caller: Caller, row: Earning) -> bool:
    """Whether the caller, by this or another account, had a part in what the earning is now."""
    return _is(caller, deciders(row))


def _is(caller: Caller, names: set[str]) -> bool:
    return any(same_person(caller.district, name, caller.name) for name in names)


def _check_apart(caller: Caller, correction: Correction, row: Earning) -> None:
    """Who approved answers for no correction of it; of one that answers an appeal, nor who decided on it later."""
    if is_decider(caller, row) if correction.appeal is not None else _is(caller, {row.approver}):
        raise DECIDED_BEFORE()


def of_earning(district: str, earning: str) -> list[Correction]:
    """All corrections of an earning, oldest first."""
    query = rows(Correction, district).where(Correction.earning == earning)
    return list(db.session.scalars(query.order_by(Correction.id)))


def _check_not_own(caller: Caller, row: Earning) -> None:
    if is_same_person(caller.district, caller.id, row.resident):
        raise OWN_CLAIM()


def _held(caller: Caller, identifier: str) -> Earning:
    row = find(Earning, caller.district, identifier, lock=True)
    _check_not_own(caller, row)
    if row.undone:
        raise ALREADY_UNDONE()
    reversing.check_settled(row)
    return row


def _made(row: Earning, kind_: str, changes: dict[str, Any], appeal: str | None) -> Made:
    if kind_ == UNDOING:
        return Made(earn.event_of(row), None)
    found = remaking.made(row, changes)
    if appeal is not None:
        remaking.check_not_lower(row, found.decision)
    return found


def carry_out(row: Earning, correction: Correction, made: Made) -> None:
    """Take the deed up as corrected and bring its grants to the new decision; inside the open transaction."""
    first = None if row.decision is None else Decision.from_json(row.decision)
    why = reversing.Why(
        correction.id, correction.reason[:200], _bare(correction.asked_by), _bare(correction.answered_by or "")
    )
    if first is not None and any(key.endswith(".turn") for key in first.facts.tallies):
        outbox.send(row.district, LEFT, {"because": correction.id})
    if correction.kind == UNDOING:
        row.undone = True
        reversing.undo_all(row, why)
        return
    earn.take_up(row, made.event)
    if made.decision is None:
        return
    row.decision, row.problem = made.decision.to_json(), None
    if first is None:
        row.decided_at = made.decision.facts.decided_at
        for grant in made.decision.grants:
            posting.send(posting.store_grant(row, grant, correction=correction.id))
        return
    reversing.settle(row, first, made.decision, why)


def _bare(name: str) -> str:
    return name.removeprefix("staff:")
