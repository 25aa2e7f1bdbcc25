"""What a decision must know of earlier deeds, read under a lock in the commit that stores the decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from backend.kit.clock import now
from backend.kit.db import db, ensure
from backend.passbook.models import Earning, GrantRow, GroupLock
from backend.residents.models import Resident
from backend.residents.service import consents
from backend.wiring import ledger
from points.events import DeedApproved
from points.rules import Facts, FactsNeeded, Tally, age_band


def read(event: DeedApproved, needed: FactsNeeded) -> Facts:
    """The facts of a deed. Every group that is counted over stays locked until the transaction ends."""
    _lock_groups(db.session(), event, needed)
    return Facts(
        decided_at=now(),
        tallies={tally.key: _tally(event, tally) for tally in needed.tallies},
        age_band=_age_band(event) if needed.age_band else None,
        consents=tuple(sorted(consents(event.district, event.resident))) if needed.consents else (),
        balance=_balance(event) if needed.balance else None,
    )


def _lock_groups(session: Session, event: DeedApproved, needed: FactsNeeded) -> None:
    """Take the rows of all groups in one order, so that two decisions cannot both stand below a band's edge."""
    groups = {f"resident={event.resident}"} | {
        ",".join(f"{name}={value}" for name, value in tally.match) for tally in needed.tallies
    }
    names = sorted(name[:100] for name in groups)
    ensure(GroupLock, *({"district": event.district, "name": name} for name in names))
    wanted = select(GroupLock.name).where(GroupLock.district == event.district, GroupLock.name.in_(names))
    session.execute(wanted.order_by(GroupLock.name).with_for_update()).all()


def _tally(event: DeedApproved, tally: Tally) -> Decimal:
    value = db.session.scalar(_QUERIES[tally.what](event, tally))
    return Decimal(str(value or 0)).normalize() + 0


def _deeds(event: DeedApproved, tally: Tally) -> ColumnElement[bool]:
    parts = [
        Earning.district == event.district,
        Earning.undone.is_(False),
        or_(Earning.kind != event.kind.value, Earning.deed != event.id),
        *(getattr(Earning, name) == value for name, value in tally.match if name != "district"),
    ]
    if tally.since is not None:
        parts.append(Earning.at >= tally.since)
    if tally.until is not None:
        parts.append(Earning.at < tally.until)
    if tally.kinds:
        parts.append(Earning.kind.in_(tally.kinds))
    if tally.categories:
        parts.append(Earning.category.in_(tally.categories))
    return and_(*parts)


def _grants(event: DeedApproved, tally: Tally, what: Any) -> Select[Any]:
    joined = and_(GrantRow.district == Earning.district, GrantRow.earning == Earning.id)
    query = select(what).select_from(Earning).join(GrantRow, joined).where(_deeds(event, tally))
    query = query.where(GrantRow.state.in_(("waiting", "posted")))
    return query.where(GrantRow.rule.in_(tally.rules)) if tally.rules else query


_AFTER_CAPS = case((GrantRow.state == "posted", GrantRow.granted), else_=GrantRow.amount)
_QUERIES: dict[str, Any] = {
    "quantity": lambda e, t: select(func.sum(Earning.quantity)).where(_deeds(e, t)),
    "counted": lambda e, t: _grants(e, t, func.sum(GrantRow.counted)),
    "times": lambda e, t: _grants(e, t, func.count(func.distinct(Earning.id))),
    "turn": lambda e, t: select(func.count()).select_from(Earning).where(_deeds(e, t)),
    "points": lambda e, t: _grants(e, t, func.sum(_AFTER_CAPS)),
}


def _age_band(event: DeedApproved) -> str | None:
    resident = db.session.get(Resident, (event.district, event.resident))
    if resident is None or resident.birth_date is None:
        return None
    born, day = resident.birth_date, event.at.date()
    return age_band(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def _balance(event: DeedApproved) -> int:
    kept = ledger(event.district).balance(event.resident)
    return kept.available + kept.held + kept.pending
