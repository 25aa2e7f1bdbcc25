"""A decision that was wrong: one asks to make it anew or undo it, another confirms, and the difference is posted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backend.kit import audit
from backend.kit.appeals import OWN_CLAIM, reopened
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day
from backend.kit.db import db, find, rows, transaction
from backend.kit.states import States
from backend.passbook import again, earn, facts, packs, posting, reversing, verified
from backend.passbook.models import Correction, Earning, EarningAppeal
from backend.passbook.packs import SAME_PERSON
from backend.staff.service import is_same_person
from points.errors import Category, kind
from points.events import DeedApproved
from points.rules import Decision, decide, facts_needed
from points.rules.shapes import ASSESSED

CORRECTION, UNDOING = "correction", "undoing"
NO_RULES = kind(
    "earning_without_rules",
    Category.CONFLICT,
    zh="这件事当天还没有生效的规则。",
    en="No rules are in force for the day of this deed yet.",
)
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


@dataclass(frozen=True, slots=True)
class _Made:
    """What a correction leads to."""

    event: DeedApproved
    decision: Decision | None
    """None for an undoing, and for a deed that goes on waiting for rules."""


def ask(
    caller: Caller, identifier: str, kind_: str, changes: dict[str, Any], reason: str, *, appeal: str | None = None
) -> Correction:
    """Ask for a correction or an undoing, to be confirmed by another person; `appeal` is the one it answers.

    Refused: `own_claim`, `correction_already_asked`, `earning_already_undone`, `earning_without_rules`,
    `correction_under_way`, and what the rules refuse.
    """
    with transaction() as session:
        row = _held(caller, identifier)
        waiting = rows(Correction, row.district).where(Correction.earning == row.id, Correction.state == "asked")
        if session.scalar(waiting):
            raise ALREADY_ASKED()
        made = _made(row, kind_, changes)
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
        if correction.asked_by == caller.name:
            raise SAME_PERSON()
        row = _held(caller, correction.earning)
        _check_apart(caller, correction, row)
        made = _made(row, correction.kind, correction.changes)
        correction.answered_by, correction.answered_at = caller.name, now()
        correction.before = row.decision
        _carry_out(row, correction, made)
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

    One that answers an appeal is declined by a further person; the appeal is open again with a clock that begins anew,
    and both sides see the answer that did not stand. Refused: `second_person_needed`, `decided_before`, `own_claim`,
    `wrong_state`.
    """
    with transaction():
        correction = find(Correction, caller.district, identifier, lock=True)
        correction.state = STATES.after(correction.state, "decline")
        row = find(Earning, caller.district, correction.earning, lock=True)
        _check_not_own(caller, row)
        if correction.appeal is not None and correction.asked_by == caller.name:
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


def _check_apart(caller: Caller, correction: Correction, row: Earning) -> None:
    """Who approved answers for no correction of it; of one that answers an appeal, nor who decided on it later."""
    if caller.name in (deciders(row) if correction.appeal is not None else {row.approver}):
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


def _made(row: Earning, kind_: str, changes: dict[str, Any]) -> _Made:
    event = earn.event_of(row)
    if kind_ == UNDOING:
        return _Made(event, None)
    event = _changed(event, changes)
    pack = packs.in_force(row.district, local_day(event.at))
    if row.decision is None:
        if pack is None:
            return _Made(event, None)
        return _Made(event, decide(pack, event, facts.read(event, facts_needed(pack, event), row.approved_at)))
    if pack is None:
        raise NO_RULES()
    first = Decision.from_json(row.decision)
    return _Made(event, decide(pack, event, again.read(event, pack, row, first)))


def _changed(event: DeedApproved, changes: dict[str, Any]) -> DeedApproved:
    attributes = dict(event.attributes)
    if "assessed_points" in changes:
        attributes[ASSESSED] = changes["assessed_points"]
    if "rank" in changes:
        attributes |= {"rank": changes["rank"], "first": changes["rank"] == 1, "duplicate": changes["rank"] > 1}
    quantity = Decimal(changes["quantity"]) if "quantity" in changes else event.quantity
    category, place = changes.get("category", event.category), changes.get("place", event.place)
    attributes |= verified.checked(event.district, event.kind, category, event.at, changes.get("facts", {}))
    return replace(event, category=category, place=place, quantity=quantity, attributes=attributes)


def _carry_out(row: Earning, correction: Correction, made: _Made) -> None:
    first = None if row.decision is None else Decision.from_json(row.decision)
    why = reversing.Why(
        correction.id, correction.reason[:200], _bare(correction.asked_by), _bare(correction.answered_by or "")
    )
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
