"""The gate in: an approved deed is decided, the decision is stored, and its grants are posted after the commit."""

from __future__ import annotations

import json
from typing import Any

from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.passbook import facts, packs
from backend.passbook.models import Earning, GrantRow
from backend.wiring import ledger
from points.errors import Category, Refused, kind
from points.events import DeedApproved, DeedKind
from points.ledger import Receipt
from points.ledger.transfer import Cap, Earn
from points.rules import Cut, Decision, Grant, Outcome, complete, decide, facts_needed
from points.rules.decision import canonical
from points.rules.wire import pack_value, unpack

ALREADY_EARNED = kind(
    "deed_already_decided",
    Category.CONFLICT,
    zh="这件事已经算过积分。",
    en="This deed was decided already.",
)
POSTING = "ledger.earn"


def deed_approved(event: DeedApproved, approver: str) -> str:
    """Decide an approved deed inside the open transaction; answers the earning's id. Its points follow the commit."""
    if of_deed(event.district, event.kind, event.id) is not None:
        raise ALREADY_EARNED()
    row = Earning(
        district=event.district,
        id=fresh_id(),
        kind=event.kind.value,
        deed=event.id,
        category=event.category,
        at=event.at,
        resident=event.resident,
        quantity=event.quantity,
        street=event.street,
        activity=event.activity,
        team=event.team,
        household=event.household,
        place=event.place,
        about=event.about,
        undone=False,
        approver=approver,
        decided_at=now(),
        event=_event_text(event),
    )
    db.session.add(row)
    db.session.flush()
    _decide(row, event)
    return row.id


def of_deed(district: str, kind_of_deed: DeedKind | str, deed: str) -> str | None:
    """The earning of a deed, if it was decided."""
    query = rows(Earning, district).where(Earning.kind == str(kind_of_deed), Earning.deed == deed)
    found = db.session.scalar(query)
    return found.id if found else None


def decide_waiting(district: str) -> int:
    """Decide the deeds that waited for a pack; answers how many found one."""
    done = 0
    for identifier in list(
        db.session.scalars(rows(Earning, district).where(Earning.decision.is_(None)).with_only_columns(Earning.id))
    ):
        with transaction():
            row = find(Earning, district, identifier, lock=True)
            if row.decision is None:
                _decide(row, _event(row.event))
                done += row.decision is not None
    return done


def decision_of(row: Earning) -> Decision | None:
    """The stored decision, completed by what became of each grant."""
    if row.decision is None:
        return None
    query = rows(GrantRow, row.district).where(GrantRow.earning == row.id)
    return complete(Decision.from_json(row.decision), {g.rule: _outcome(g) for g in db.session.scalars(query)})


def _decide(row: Earning, event: DeedApproved) -> None:
    pack = packs.in_force(row.district, packs.local_day(event.at))
    if pack is None:
        return
    decision = decide(pack, event, facts.read(event, facts_needed(pack, event)))
    row.decision = decision.to_json()
    for grant in decision.grants:
        _store_grant(row, grant)


def _store_grant(row: Earning, grant: Grant) -> None:
    stored = GrantRow(
        district=row.district,
        id=fresh_id(),
        earning=row.id,
        rule=grant.rule,
        fund=grant.fund,
        amount=grant.amount,
        counted=grant.counted,
        state="waiting" if grant.amount else "posted",
        granted=0,
        cuts=[],
    )
    db.session.add(stored)
    if grant.amount:
        outbox.send(row.district, POSTING, {"grant": stored.id})


@outbox.handles(POSTING)
def post_grant(district: str, payload: dict[str, Any]) -> None:
    """Post one grant under its own id. What may succeed later stays in the outbox; what cannot is shown as refused."""
    stored = find(GrantRow, district, payload["grant"], lock=True)
    if stored.state != "waiting":
        return
    row = find(Earning, district, stored.earning)
    try:
        receipt = ledger(district).post(_command(row, stored))
    except Refused as refusal:
        if refusal.kind.retry:
            raise
        stored.state, stored.reason = "refused", refusal.code
        return
    _posted(stored, receipt)


@outbox.notes_problem(POSTING)
def note_waiting(district: str, payload: dict[str, Any], problem: str) -> None:
    """Show on the earning why its points are not there yet."""
    stored = find(GrantRow, district, payload["grant"], lock=True)
    if stored.state == "waiting":
        stored.reason = problem


def _posted(stored: GrantRow, receipt: Receipt) -> None:
    stored.state, stored.granted, stored.reason, stored.entry = "posted", receipt.amount, None, receipt.number
    stored.cuts = [[cut.cap, cut.asked, cut.granted] for cut in receipt.cuts]


def _command(row: Earning, stored: GrantRow) -> Earn:
    decision = Decision.from_json(row.decision or "")
    grant = next(g for g in decision.grants if g.rule == stored.rule)
    return Earn(
        id=stored.id,
        resident=row.resident,
        fund=grant.fund,
        amount=grant.amount,
        deed_at=row.at,
        expires_at=grant.expires_at,
        opens_at=grant.opens_at,
        caps=tuple(Cap(key, ceiling) for key, ceiling in grant.caps),
        memo=row.id,
    )


def _outcome(stored: GrantRow) -> Outcome:
    cuts = tuple(Cut(str(cap), int(asked), int(granted)) for cap, asked, granted in stored.cuts)
    return Outcome(stored.state, stored.granted, cuts, stored.reason, stored.entry)


def _event_text(event: DeedApproved) -> str:

    return canonical(pack_value(event))


def _event(text: str) -> DeedApproved:
    return unpack(DeedApproved, json.loads(text))
