"""When a first reporter's deed comes to nothing: the next in turn becomes first, by a correction of its own.

The two who agreed on the undoing (or the correction that took the deed elsewhere) have agreed on what follows; it only
ever gives more. Where one of them would gain by it, it is asked for alone and waits for another person.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select

from backend.kit import audit, outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows
from backend.passbook import corrections, earn, kept, packs, remaking, reversing, tallies
from backend.passbook.again import turn_of
from backend.passbook.models import Correction, Earning
from backend.staff.service import is_same_person
from points.errors import Refused
from points.rules import Decision, Tally, facts_needed

NEXT = "earning.next_in_turn"
_STAFF = "staff:"
REASON = "更早的上报已撤销或更正，依次递补 / an earlier report of the same was undone or corrected: the next moves up"
_WAITS = (remaking.SUSPENDED, remaking.NO_RULES)


@outbox.handles(corrections.LEFT)
def look_behind(district: str, payload: dict[str, Any]) -> None:
    """Queue a look at each deed that stood behind one that left its turn."""
    because = find(Correction, district, payload["because"])
    row, first = find(Earning, district, because.earning), Decision.from_json(because.before or "")
    pack = packs.by_digest(row.district, first.digest)
    still = set() if row.undone else set(facts_needed(pack, earn.event_of(row)).tallies)
    left = [tally for tally in facts_needed(pack, first.event).tallies if tally.what == "turn" and tally not in still]
    for tally in left:
        for behind in _behind(row, first, tally):
            outbox.send(district, NEXT, {"earning": behind.id, "because": because.id})


@outbox.handles(NEXT)
def move_up(district: str, payload: dict[str, Any]) -> None:
    """Decide one deed anew, and carry it out where it brings more.

    While no rules are in force for its day (the pack is suspended) it waits, and is tried until others are.
    """
    row = find(Earning, district, payload["earning"], lock=True)
    if row.undone or row.decision is None:
        return
    asked = rows(Correction, district).where(Correction.earning == row.id, Correction.state == "asked")
    if db.session.scalar(asked) is not None:
        raise kept.UNDER_WAY()
    reversing.check_settled(row)
    try:
        made = remaking.made(row, {})
    except Refused as refusal:
        if refusal.kind.retry or refusal.kind in _WAITS:
            raise
        return
    before = earn.decision_of(row)
    if made.decision is None or before is None or made.decision.amount <= before.amount:
        return
    because = find(Correction, district, payload["because"])
    asker, confirmer = because.asked_by, because.answered_by or ""
    gains = [name for name in (asker, confirmer) if is_same_person(district, name.removeprefix(_STAFF), row.resident)]
    correction = Correction(
        district=district,
        id=fresh_id(),
        earning=row.id,
        kind=corrections.CORRECTION,
        changes={},
        reason=REASON,
        state="asked" if gains else "confirmed",
        asked_by=confirmer if asker in gains else asker,
        asked_at=now(),
        answered_by=None if gains else confirmer,
        answered_at=None if gains else now(),
        before=row.decision,
        points_before=before.granted,
        points_after=made.decision.amount,
    )
    db.session.add(correction)
    db.session.flush()
    action = "earning.correction_asked" if gains else "earning.moved_up"
    audit.record(district, "worker", action, f"earning:{row.id}", correction=correction.id, because=because.id)
    if not gains:
        corrections.carry_out(row, correction, made)


def _behind(row: Earning, first: Decision, tally: Tally) -> list[Earning]:
    """Those of its group that had it before them, the next one first."""
    others = and_(tallies.group(first.event, tally), Earning.id != row.id, Earning.undone.is_(False), tallies.DECIDED)
    found = [each for each in db.session.scalars(select(Earning).where(others)) if turn_of(each, tally.key)[0] > 0]
    return sorted(found, key=lambda each: turn_of(each, tally.key))
