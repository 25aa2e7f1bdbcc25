"""What a decision must know of earlier deeds, read under a lock in the commit that stores the decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db
from backend.passbook import locks
from backend.passbook.models import Earning, GrantRow
from backend.residents.ages import birth_date_of, years_on
from backend.residents.models import Resident
from backend.residents.service import consents
from backend.wiring import ledger
from points.events import DeedApproved
from points.rules import Decision, Facts, FactsNeeded, Pack, Tally, age_band, facts_needed


def read(event: DeedApproved, needed: FactsNeeded, waited_since: datetime | None = None) -> Facts:
    """The facts of a deed. Every group that is counted over stays locked until the transaction ends.

    `waited_since` is when a deed that had to wait for rules was approved: what was decided meanwhile does not take
    its turn away.
    """
    _hold_groups(event, needed)
    before = _decided_before(event, waited_since)
    return Facts(
        decided_at=now(),
        tallies={tally.key: _tally(event, tally, before[tally.what == "turn"]) for tally in needed.tallies},
        age_band=_band(event) if needed.age_band else None,
        consents=tuple(sorted(consents(event.district, event.resident))) if needed.consents else (),
        balance=_balance(event) if needed.balance else None,
    )


def read_again(event: DeedApproved, pack: Pack, first: Decision, decided_at: datetime) -> Facts:
    """The facts as they were when a deed was decided first, also for what only its corrected form asks for.

    Of turns in another group those that were reported earlier come before, also when they were decided later.
    """
    needed = facts_needed(pack, event)
    _hold_groups(event, needed)
    asked = set(facts_needed(pack, first.event).tallies) if pack.digest == first.digest else set()
    decided = and_(Earning.decision.is_not(None), Earning.decided_at <= decided_at)
    before = (decided, or_(_done_earlier(event), decided))
    tallies = {
        tally.key: first.facts.tallies[tally.key]
        if tally in asked
        else _tally(event, tally, before[tally.what == "turn"])
        for tally in needed.tallies
    }
    facts = replace(first.facts, tallies=tallies)
    if needed.age_band and facts.age_band is None:
        facts = replace(facts, age_band=_band(event))
    if needed.consents and not facts.consents:
        facts = replace(facts, consents=tuple(sorted(consents(event.district, event.resident))))
    if needed.balance and facts.balance is None:
        facts = replace(facts, balance=_balance(event))
    return facts


def hold_resident(event: DeedApproved) -> None:
    """One deed of a resident at a time; always held before any other group."""
    locks.hold(event.district, [f"resident={event.resident}"])


def band_of(born: date | None, day: date) -> str | None:
    """The band of an age on a local day; None when the birthday is not known."""
    if born is None:
        return None
    return age_band(years_on(born, day))


def _band(event: DeedApproved) -> str | None:
    found = db.session.get(Resident, (event.district, event.resident))
    return band_of(birth_date_of(found), local_day(event.at))


def _hold_groups(event: DeedApproved, needed: FactsNeeded) -> None:
    """Two decisions of one group cannot both stand below a band's edge, nor both be the first."""
    hold_resident(event)
    groups = {",".join(f"{name}={value}" for name, value in tally.match) for tally in needed.tallies}
    locks.hold(event.district, groups - {f"resident={event.resident}"})


def _decided_before(
    event: DeedApproved, waited_since: datetime | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which other deeds count: for sums those decided already; for turns also those filed earlier that still wait."""
    decided = Earning.decision.is_not(None)
    earlier = _done_earlier(event)
    taken = decided if waited_since is None else and_(decided, Earning.decided_at <= waited_since)
    return decided, or_(earlier, taken)


def _done_earlier(event: DeedApproved) -> ColumnElement[bool]:
    return or_(Earning.at < event.at, and_(Earning.at == event.at, Earning.deed < event.id))


def _tally(event: DeedApproved, tally: Tally, before: ColumnElement[bool]) -> Decimal:
    value = db.session.scalar(_QUERIES[tally.what](and_(before, _deeds(event, tally)), tally))
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


def _grants(deeds: ColumnElement[bool], tally: Tally, what: Any) -> Select[Any]:
    joined = and_(GrantRow.district == Earning.district, GrantRow.earning == Earning.id)
    query = select(what).select_from(Earning).join(GrantRow, joined).where(deeds)
    query = query.where(GrantRow.state.in_(("waiting", "posted")))
    return query.where(GrantRow.rule.in_(tally.rules)) if tally.rules else query


_AFTER_CAPS = case((GrantRow.state == "posted", GrantRow.granted + GrantRow.kept), else_=GrantRow.amount)
_QUERIES: dict[str, Callable[[ColumnElement[bool], Tally], Select[Any]]] = {
    "quantity": lambda deeds, _: select(func.sum(Earning.quantity)).where(deeds),
    "counted": lambda deeds, tally: _grants(deeds, tally, func.sum(GrantRow.counted)),
    "times": lambda deeds, tally: _grants(deeds, tally, func.count(func.distinct(Earning.id))),
    "turn": lambda deeds, _: select(func.count()).select_from(Earning).where(deeds),
    "points": lambda deeds, tally: _grants(deeds, tally, func.sum(_AFTER_CAPS)),
}


def _balance(event: DeedApproved) -> int:
    kept = ledger(event.district).balance(event.resident)
    return kept.available + kept.held + kept.pending
