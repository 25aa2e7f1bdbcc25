"""After the commit of a decision: each grant is posted under its own id, and what came of it is written down."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from backend.journal import service as journal
from backend.kit import outbox
from backend.kit.clock import fresh_id
from backend.kit.db import db, find, rows
from backend.passbook import kept
from backend.passbook.ahead import ledger_is_ahead
from backend.passbook.models import Earning, GrantRow
from backend.wiring import ledger
from points.errors import Category, Refused
from points.ledger import Receipt
from points.ledger.refusals import FUND_CLOSED, ID_EXPIRED, ID_REUSED, LEDGER_AHEAD, RESIDENT_CLOSED
from points.ledger.transfer import Earn
from points.rules import Cut, Decision, Grant, Outcome

POSTING = "ledger.earn"
STANDING = ("waiting", "posted", "refused")


def store_grant(
    row: Earning,
    grant: Grant,
    *,
    amount: int | None = None,
    number: int = 1,
    correction: str | None = None,
    counted: str | None = None,
) -> GrantRow:
    """Write a grant of a decision down, to be posted after the commit; `amount` when it is not all of it."""
    asked = grant.amount if amount is None else amount
    stored = GrantRow(
        district=row.district,
        id=fresh_id(),
        earning=row.id,
        rule=grant.rule,
        fund=grant.fund,
        amount=asked,
        counted=Decimal(grant.counted if counted is None else counted),
        state="waiting" if asked else "posted",
        granted=0,
        cuts=[],
        number=number,
        correction=correction,
        kept=0,
        lost=0,
    )
    db.session.add(stored)
    return stored


def send(stored: GrantRow) -> None:
    """Queue the posting of a grant that waits."""
    if stored.state == "waiting":
        outbox.send(stored.district, POSTING, {"grant": stored.id})


@outbox.handles(POSTING)
def post_grant(district: str, payload: dict[str, Any]) -> None:
    """Post one grant under its own id. What may succeed later stays in the outbox; what cannot is shown as refused."""
    kept.among_postings(district)
    stored = find(GrantRow, district, payload["grant"], lock=True)
    if stored.state != "waiting":
        return
    row = find(Earning, district, stored.earning)
    try:
        receipt = ledger(district).post(_command(row, stored))
    except Refused as refusal:
        _refused(stored, refusal)
        return
    posted(stored, receipt)


@outbox.handles_many(POSTING)
def post_grants(district: str, payloads: list[dict[str, Any]]) -> list[Refused | None]:
    """Post many grants at once, each under its own id; answers what is to be tried again later."""
    kept.among_postings(district)
    named = [payload["grant"] for payload in payloads]
    query = rows(GrantRow, district).where(GrantRow.id.in_(named)).order_by(GrantRow.id).with_for_update()
    found = {grant.id: grant for grant in db.session.scalars(query.execution_options(populate_existing=True))}
    earnings = rows(Earning, district).where(Earning.id.in_({grant.earning for grant in found.values()}))
    decided = {row.id: row for row in db.session.scalars(earnings)}
    later: dict[str, Refused] = {}
    commands: dict[str, Earn] = {}
    for name in named:
        try:
            stored = found.get(name) or find(GrantRow, district, name)
            if stored.state == "waiting":
                commands[name] = _command(decided[stored.earning], stored)
        except Refused as refusal:
            later[name] = refusal
    answers = ledger(district).post_many(commands.values())
    for name, answer in zip(commands, answers, strict=True):
        if isinstance(answer, Receipt):
            posted(found[name], answer)
            continue
        try:
            _refused(found[name], answer)
        except Refused as refusal:
            later[name] = refusal
    return [later.get(name) for name in named]


def _refused(stored: GrantRow, refusal: Refused) -> None:
    """What becomes of a grant whose posting was refused; raises what is to be tried again later."""
    if ledger_is_ahead(refusal, stored.id):
        raise LEDGER_AHEAD() from refusal
    if may_succeed_later(refusal):
        raise refusal
    if refusal.kind is ID_EXPIRED:
        _ask_journal(stored)
        return
    known = ledger(stored.district).receipt(stored.id) if refusal.kind is ID_REUSED else None
    if known is not None:  # posted before its caps were lowered, and not marked so
        posted(stored, known)
        return
    stored.state, stored.reason = "refused", refusal.code


@outbox.notes_problem(POSTING)
def note_waiting(district: str, payload: dict[str, Any], problem: str) -> None:
    """Show on the earning why its points are not there yet."""
    stored = find(GrantRow, district, payload["grant"], lock=True)
    if stored.state == "waiting":
        stored.reason = problem


def _ask_journal(stored: GrantRow) -> None:
    """It waited so long that the ledger no longer knows ids of its time: posted once already, or named anew."""
    receipt = journal.receipt(stored.district, stored.id)
    if receipt is not None:
        posted(stored, receipt)
        return
    before, stored.id = stored.id, fresh_id()
    kept.rename(stored.district, before, stored.id)
    db.session.flush()
    send(stored)


def may_succeed_later(refusal: Refused) -> bool:
    """Whether a posting is kept: the ledger is away or closed, the fund is short, somebody is suspended for now."""
    kind = refusal.kind
    return kind.retry or kind.category is Category.UNAVAILABLE or kind in (RESIDENT_CLOSED, FUND_CLOSED)


def posted(stored: GrantRow, receipt: Receipt) -> None:
    """Write down what the ledger granted, and the caps that cut it."""
    stored.state, stored.granted, stored.reason, stored.entry = "posted", receipt.amount, None, receipt.number
    stored.cuts = stored.cuts + [[cut.cap, cut.asked, cut.granted] for cut in receipt.cuts]


def grants_of(district: str, earnings: Iterable[str], *, lock: bool = False) -> dict[str, list[GrantRow]]:
    """The grants of these earnings, by earning, in the order in which they came; `lock` holds them to the commit."""
    found: dict[str, list[GrantRow]] = {}
    query = rows(GrantRow, district).where(GrantRow.earning.in_(list(earnings)))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    for grant in db.session.scalars(query.order_by(GrantRow.rule, GrantRow.number)):
        found.setdefault(grant.earning, []).append(grant)
    return found


def outcomes(grants: Iterable[GrantRow]) -> dict[str, Outcome]:
    """What became of each rule's points, by rule: of several rows those that stand count together."""
    by_rule: dict[str, list[GrantRow]] = {}
    for grant in grants:
        by_rule.setdefault(grant.rule, []).append(grant)
    return {rule: _outcome(found) for rule, found in by_rule.items()}


def _outcome(found: list[GrantRow]) -> Outcome:
    standing = [grant for grant in found if grant.state in STANDING]
    if not standing:
        return Outcome("undone")
    states = {grant.state for grant in standing}
    state = "waiting" if "waiting" in states else "refused" if states == {"refused"} else "posted"
    cuts = tuple(Cut(str(cap), int(asked), int(left)) for grant in standing for cap, asked, left in grant.cuts)
    granted = sum(grant.granted + grant.kept for grant in standing)
    reason = next((grant.reason for grant in standing if grant.reason), None)
    return Outcome(state, granted, cuts, reason, next((g.entry for g in reversed(standing) if g.entry), None))


def _command(row: Earning, stored: GrantRow) -> Earn:
    decision = Decision.from_json(row.decision or "")
    grant = next(g for g in decision.grants if g.rule == stored.rule)
    return Earn(
        id=stored.id,
        resident=row.resident,
        fund=grant.fund,
        amount=stored.amount,
        deed_at=row.at,
        expires_at=grant.expires_at,
        opens_at=grant.opens_at,
        caps=kept.ceilings(row.district, grant.caps),
        memo=row.id,
    )
