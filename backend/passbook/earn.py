"""The gate in: an approved deed is decided, the decision is stored, and its grants are posted after the commit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day
from backend.kit.db import db, find, rows, transaction
from backend.passbook import facts, packs, posting
from backend.passbook.models import Earning
from backend.residents.households.service import household_of
from points.errors import Category, Refused, kind
from points.events import DeedApproved, DeedKind
from points.rules import Decision, Pack, complete, decide, facts_needed
from points.rules.decision import canonical
from points.rules.wire import pack_value, unpack

ALREADY_EARNED = kind(
    "deed_already_decided",
    Category.CONFLICT,
    zh="这件事已经算过积分。",
    en="This deed was decided already.",
)


def deed_approved(event: DeedApproved, approver: str) -> str:
    """Decide an approved deed inside the open transaction; answers the earning's id. Its points follow the commit.

    It counts for the household its resident is in now.

    Refused: `deed_already_decided`, and what the rules refuse, such as `rules_assessed_outside_range`.
    """
    facts.hold_resident(event)
    event = replace(event, household=event.household or household_of(event.district, event.resident))
    if of_deed(event.district, event.kind, event.id) is not None:
        raise ALREADY_EARNED()
    row = Earning(
        district=event.district,
        id=fresh_id(),
        kind=event.kind.value,
        deed=event.id,
        at=event.at,
        resident=event.resident,
        undone=False,
        approver=approver,
        approved_at=now(),
        decided_at=now(),
    )
    take_up(row, event)
    db.session.add(row)
    db.session.flush()
    pack = packs.in_force(row.district, local_day(event.at))
    if pack is not None:
        _decide(row, event, pack)
    return row.id


def of_deed(district: str, kind_of_deed: DeedKind | str, deed: str) -> str | None:
    """The earning of a deed, if it was decided."""
    query = rows(Earning, district).where(Earning.kind == str(kind_of_deed), Earning.deed == deed)
    found = db.session.scalar(query)
    return found.id if found else None


def decide_waiting(district: str) -> int:
    """Decide the deeds that waited for a pack, in the order in which they were done; answers how many found one."""
    waits = (Earning.district == district, Earning.decision.is_(None), Earning.undone.is_(False))
    query = select(Earning.id, Earning.at).where(*waits)
    known: dict[date, bool] = {}
    ready = []
    for identifier, at in db.session.execute(query.order_by(Earning.at, Earning.deed)):
        day = local_day(at)
        if known.setdefault(day, packs.in_force(district, day) is not None):
            ready.append(identifier)
    return sum(_decide_waiting(district, identifier) for identifier in ready)


def _decide_waiting(district: str, identifier: str) -> bool:
    """Decide one; a refusal of the rules is noted on it and stops no other."""
    try:
        with transaction():
            row = find(Earning, district, identifier, lock=True)
            event = event_of(row)
            pack = packs.in_force(district, local_day(event.at))
            if row.decision is not None or row.undone or pack is None:
                return False
            _decide(row, event, pack, waited=True)
    except Refused as refusal:
        with transaction():
            find(Earning, district, identifier, lock=True).problem = refusal.code
        return False
    return True


def decision_of(row: Earning) -> Decision | None:
    """The stored decision, completed by what became of each grant."""
    if row.decision is None:
        return None
    decision = Decision.from_json(row.decision)
    came = posting.outcomes(posting.grants_of(row.district, [row.id]).get(row.id, []))
    return complete(decision, {grant.rule: came[grant.rule] for grant in decision.grants if grant.rule in came})


def event_of(row: Earning) -> DeedApproved:
    """The deed as it was decided, with what a correction changed."""
    return unpack(DeedApproved, json.loads(row.event))


def take_up(row: Earning, event: DeedApproved) -> None:
    """Write the deed into its row: by these columns later deeds count it."""
    columns: dict[str, Any] = {
        name: getattr(event, name)
        for name in ("category", "quantity", "street", "activity", "team", "household", "place", "about")
    }
    for name, value in columns.items():
        setattr(row, name, value)
    row.event = canonical(pack_value(event))


def _decide(row: Earning, event: DeedApproved, pack: Pack, *, waited: bool = False) -> None:
    since = row.approved_at if waited else None
    decision = decide(pack, event, facts.read(event, facts_needed(pack, event), since))
    row.decision, row.decided_at, row.problem = decision.to_json(), decision.facts.decided_at, None
    for grant in decision.grants:
        posting.send(posting.store_grant(row, grant))
