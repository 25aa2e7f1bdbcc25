"""The difference of a correction: what is missing is granted beside; too much is undone, what stays is granted anew.

Points of the deed that were spent stay spent and count towards what it gives now, by whichever rule, so that nobody
ever owes and nothing is paid twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True)
class Why:
    """Which correction it is, what for, and the two who agreed."""

    correction: str
    reason: str
    first: str
    second: str


def check_settled(row: Earning) -> None:
    """Refused with `correction_under_way` while an undoing of this earning is not posted yet."""
    if any(grant.state == "undoing" or grant.behind for grant in _grants(row)):
        raise kept.UNDER_WAY()


def undo_all(row: Earning, why: Why) -> None:
    """Take back what is left of every grant."""
    grants = _grants(row)
    _carry_out(row, grants, _settled(grants), [], why)


def settle(row: Earning, first: Decision, corrected: Decision, why: Why) -> None:
    """Bring the deed's grants to what the corrected decision gives."""
    had, due, grants = _by_rule(first), _by_rule(corrected), _grants(row)
    wrong: list[GrantRow] = []
    new: list[GrantRow] = []
    for rule in sorted(had.keys() | due.keys()):
        own = [grant for grant in grants if grant.rule == rule]
        undone, due_now = _settle_rule(row, own, had.get(rule), due.get(rule), why)
        wrong += undone
        new += due_now
    _carry_out(row, grants, wrong, [(grant, due[grant.rule].caps) for grant in new], why)


def _settle_rule(
    row: Earning, grants: list[GrantRow], had: Grant | None, due: Grant | None, why: Why
) -> tuple[list[GrantRow], list[GrantRow]]:
    """Of one rule: the grants to undo, and what is granted beside those that stand or in their place."""
    number = max((grant.number for grant in grants), default=0) + 1
    standing = [grant for grant in grants if grant.state in ("waiting", "posted")]
    asked, keep = sum(grant.amount + grant.kept for grant in standing), due.amount if due else 0
    if due is not None and standing and had is not None and _same_terms(had, due):
        if asked == keep:
            _count(standing, due.counted)
            return [], []
        standing = _settled(standing)
        given = sum(grant.granted + grant.kept for grant in standing)
        if given <= keep:
            _let_stand(standing, due.counted)
            if keep == given:
                return [], []
            counted, more = "0" if standing else due.counted, keep - given
            return [], [
                posting.store_grant(row, due, amount=more, number=number, correction=why.correction, counted=counted)
            ]
    again = [] if due is None else [posting.store_grant(row, due, number=number, correction=why.correction)]
    return _settled(standing), again


def _carry_out(
    row: Earning, grants: list[GrantRow], wrong: list[GrantRow], new: list[tuple[GrantRow, kept.Caps]], why: Why
) -> None:
    """Queue the undoing of the wrong ones of the deed's grants, and behind it what is new, less what was spent."""
    for grant in wrong:
        grant.counted *= 0
        grant.state = "undoing" if grant.granted else "undone"
        if grant.granted:
            grant.reversal, grant.correction = fresh_id(), grant.correction or why.correction
    kept.let_go(row.district, [grant.id for grant in wrong])
    undoing = [grant.id for grant in wrong if grant.state == "undoing"]
    waits = bool(undoing) or sum(spent(grants).values()) > 0
    for grant, caps in new:
        grant.behind = waits and grant.amount > 0
        if grant.behind:
            grant.reason = kept.UNDER_WAY.code
            kept.expect(row.district, grant.id, caps)
        else:
            posting.send(grant)
    if undoing or any(grant.behind for grant, _ in new):
        payload = {"earning": row.id, "grants": undoing, "reason": why.reason, "staff": [why.first, why.second]}
        outbox.send(row.district, REVERSING, payload)


@outbox.handles(REVERSING)
def post_reversals(district: str, payload: dict[str, Any]) -> None:
    """Undo each grant under the id of its reversal, then grant what is due, less what had been spent of the deed."""
    kept.alone(district)
    first, second = payload["staff"]
    undone = [_undo(district, identifier, payload["reason"], (first, second)) for identifier in payload["grants"]]
    if not all(grant.state == "undone" for grant in undone):
        outbox.send(district, REVERSING, payload)  # under a new id, which is stored before it is used
        return
    row = find(Earning, district, payload["earning"])
    grants = _grants(row)
    behind = [grant for grant in grants if grant.behind]
    stays = _shared_out(spent(grants), behind)
    due = _by_rule(Decision.from_json(row.decision or ""))
    for grant in behind:
        grant.amount -= stays[grant.id]
        grant.kept, cuts = kept.settle(district, grant.id, due[grant.rule].caps, stays[grant.id])
        grant.cuts = [[cut.cap, cut.asked, cut.granted] for cut in cuts]
        grant.behind, grant.reason = False, None
        if grant.amount:
            posting.send(grant)
        else:
            grant.state = "posted"


def spent(grants: Iterable[GrantRow]) -> Counter[str]:
    """What a resident spent of a deed's undone grants, by rule, so far as no grant that stands counts it as given.

    A rule whose grants count what was spent of another's has less than none; the sum is what the deed has.
    """
    found: Counter[str] = Counter()
    for grant in grants:
        found[grant.rule] += grant.lost
        if grant.state in posting.STANDING:
            found[grant.rule] -= grant.kept
    return found


def _shared_out(found: Counter[str], behind: list[GrantRow]) -> Counter[str]:
    """How much of what was spent counts as given by each of these grants, by id: first by its own rule's."""
    left, stays = max(0, sum(found.values())), Counter[str]()
    for own in (True, False):
        for grant in behind:
            room = grant.amount - stays[grant.id]
            takes = max(0, min(room, left, found[grant.rule] if own else left))
            stays[grant.id] += takes
            left -= takes
    return stays


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
