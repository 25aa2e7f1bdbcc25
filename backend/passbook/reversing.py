"""The difference of a correction: what is missing is granted beside; too much is undone, what stays is granted anew.

Points that were spent stay spent and count towards what stays, so that nobody ever owes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.journal import service as journal
from backend.kit import outbox
from backend.kit.clock import fresh_id
from backend.kit.db import find
from backend.passbook import kept, posting
from backend.passbook.ahead import ledger_is_ahead
from backend.passbook.models import Earning, GrantRow
from backend.wiring import ledger
from points.errors import Refused
from points.ledger.refusals import ID_EXPIRED, LEDGER_AHEAD
from points.ledger.transfer import Reverse
from points.rules import Decision, Grant

REVERSING = "ledger.reverse"
_WAITS_FOR_REVERSAL = kept.UNDER_WAY.code


@dataclass(frozen=True, slots=True)
class Why:
    """Which correction it is, what for, and the two who agreed."""

    correction: str
    reason: str
    first: str
    second: str


def check_settled(row: Earning) -> None:
    """Refused with `correction_under_way` while an undoing of this earning is not posted yet."""
    if any(grant.state == "undoing" for grant in _grants(row)):
        raise kept.UNDER_WAY()


def undo_all(row: Earning, why: Why) -> None:
    """Take back what is left of every grant."""
    standing = _settled(_grants(row))
    _reverse(row, standing, None, why)


def settle(row: Earning, first: Decision, corrected: Decision, why: Why) -> None:
    """Bring each rule's grants to what the corrected decision gives."""
    had, due = _by_rule(first), _by_rule(corrected)
    for rule in sorted(had.keys() | due.keys()):
        grants = [grant for grant in _grants(row) if grant.rule == rule]
        _settle_rule(row, grants, had.get(rule), due.get(rule), why)


def _settle_rule(row: Earning, grants: list[GrantRow], had: Grant | None, due: Grant | None, why: Why) -> None:
    number = max((grant.number for grant in grants), default=0) + 1
    standing = [grant for grant in grants if grant.state in ("waiting", "posted")]
    asked, keep = sum(grant.amount + grant.kept for grant in standing), due.amount if due else 0
    if due is not None and standing and had is not None and _same_terms(had, due):
        if asked == keep:
            _count(standing, due.counted)
            return
        standing = _settled(standing)
        given = sum(grant.granted + grant.kept for grant in standing)
        if given <= keep:
            _let_stand(standing, due.counted)
            if keep > given:
                counted = "0" if standing else due.counted
                more = posting.store_grant(
                    row, due, amount=keep - given, number=number, correction=why.correction, counted=counted
                )
                posting.send(more)
            return
    again = None if due is None else posting.store_grant(row, due, number=number, correction=why.correction)
    _reverse(row, _settled(standing), again, why, due.caps if due else ())


def _reverse(row: Earning, standing: list[GrantRow], again: GrantRow | None, why: Why, caps: kept.Caps = ()) -> None:
    """Queue the undoing of these grants, and what is granted anew behind it."""
    wrong = []
    for grant in standing:
        grant.counted *= 0
        grant.state = "undoing" if grant.granted else "undone"
        if grant.granted:
            grant.reversal, grant.correction = fresh_id(), grant.correction or why.correction
            wrong.append(grant.id)
    spent = sum(grant.kept for grant in standing)
    if again is not None and (wrong or spent) and again.amount:
        again.reason = _WAITS_FOR_REVERSAL
        kept.expect(row.district, again.id, caps)
    elif again is not None:
        posting.send(again)
        again = None
    kept.let_go(row.district, [grant.id for grant in standing])
    if wrong or again is not None:
        outbox.send(
            row.district,
            REVERSING,
            {
                "grants": wrong,
                "again": again.id if again else None,
                "caps": [list(each) for each in caps],
                "spent": spent,
                "reason": why.reason,
                "staff": [why.first, why.second],
            },
        )


@outbox.handles(REVERSING)
def post_reversals(district: str, payload: dict[str, Any]) -> None:
    """Undo each grant under the id of its reversal, then grant anew what stays, less what had been spent."""
    kept.alone(district)
    spent = int(payload["spent"])
    first, second = payload["staff"]
    undone = [_undo(district, identifier, payload["reason"], (first, second)) for identifier in payload["grants"]]
    if not all(grant.state == "undone" for grant in undone):
        outbox.send(district, REVERSING, payload)  # under a new id, which is stored before it is used
        return
    spent += sum(grant.lost for grant in undone)
    if payload["again"] is None:
        return
    again = find(GrantRow, district, payload["again"], lock=True)
    stays = min(again.amount, spent)
    again.amount -= stays
    caps = tuple((key, int(most)) for key, most in payload.get("caps", ()))
    again.kept, cuts = kept.settle(district, again.id, caps, stays)
    again.cuts = [[cut.cap, cut.asked, cut.granted] for cut in cuts]
    again.reason = None
    if again.amount:
        posting.send(again)
    else:
        again.state = "posted"


def _undo(district: str, identifier: str, reason: str, staff: tuple[str, str]) -> GrantRow:
    """Undo one grant, if it is not undone yet; it waited too long when it still is not afterwards."""
    stored = find(GrantRow, district, identifier, lock=True)
    if stored.state != "undoing":
        return stored
    named = stored.reversal or ""
    receipt = None
    try:
        receipt = ledger(district).post(Reverse(named, stored.id, reason, staff))
    except Refused as refusal:
        if ledger_is_ahead(refusal, named):
            raise LEDGER_AHEAD() from refusal
        if posting.may_succeed_later(refusal):
            raise
        if refusal.kind is ID_EXPIRED:
            receipt = journal.receipt(district, named)
            if receipt is None:
                stored.reversal = fresh_id()
                return stored
        else:
            stored.state, stored.reason, stored.lost = "undone", refusal.code, stored.granted
            return stored
    stored.state, stored.lost = "undone", int(receipt.data.get("lost", 0))
    return stored


def _settled(grants: list[GrantRow]) -> list[GrantRow]:
    """Those that the ledger has; what only waited is let go of, unless it was posted and not yet marked so."""
    found = []
    for grant in grants:
        if grant.state == "waiting":
            receipt = ledger(grant.district).receipt(grant.id) or journal.receipt(grant.district, grant.id)
            if receipt is None:
                grant.state, grant.reason, grant.counted = "undone", None, grant.counted * 0
            else:
                posting.posted(grant, receipt)
        if grant.state == "posted":
            found.append(grant)
    return found


def _let_stand(standing: list[GrantRow], counted: str) -> None:
    """These rows ask for what they gave and no more; what their caps cut is asked for anew, beside them."""
    _count(standing, counted)
    for grant in standing:
        grant.amount, grant.cuts = grant.granted, []


def _count(standing: list[GrantRow], counted: str) -> None:
    """The first row says how much of the deed's quantity counted; those beside it count nothing."""
    for place, grant in enumerate(standing):
        grant.counted = type(grant.counted)(counted) if place == 0 else grant.counted * 0


def _same_terms(had: Grant, due: Grant) -> bool:
    return (had.fund, had.caps, had.expires_at, had.opens_at) == (due.fund, due.caps, due.expires_at, due.opens_at)


def _by_rule(decision: Decision) -> dict[str, Grant]:
    return {grant.rule: grant for grant in decision.grants}


def _grants(row: Earning) -> list[GrantRow]:
    return posting.grants_of(row.district, [row.id], lock=True).get(row.id, [])
