"""What each tally asks of the books: one sum over other deeds of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from backend.kit.db import db
from backend.passbook.models import Correction, Earning, GrantRow
from points.events import DeedApproved
from points.rules import Decision, Tally
from points.rules.places import due_key
from points.rules.steps import marks_of

STANDING = ("waiting", "posted")
DECIDED: ColumnElement[bool] = Earning.decision.is_not(None)


def count(event: DeedApproved, tally: Tally, before: ColumnElement[bool]) -> Decimal:
    """The tally over those other deeds that are `before` the deed and not undone."""
    others = and_(before, Earning.undone.is_(False), or_(Earning.kind != event.kind.value, Earning.deed != event.id))
    value = db.session.scalar(_QUERIES[tally.what](and_(others, group(event, tally)), tally))
    return Decimal(str(value or 0)).normalize() + 0


def done_earlier(event: DeedApproved) -> ColumnElement[bool]:
    return or_(Earning.at < event.at, and_(Earning.at == event.at, Earning.deed < event.id))


def group(event: DeedApproved, tally: Tally) -> ColumnElement[bool]:
    """The deeds a tally looks at, the deed itself and undone ones among them."""
    parts = [
        Earning.district == event.district,
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


def marks(event: DeedApproved, tallies: Iterable[Tally]) -> dict[str, Decimal]:
    """The tallies of marks, each with the one that says it is due again where it was paid and taken back."""
    found: dict[str, Decimal] = {}
    known: dict[tuple[str, ...], tuple[list[Decimal], set[Decimal]]] = {}
    for tally in tallies:
        if tally.rules not in known:
            known[tally.rules] = _marks(event, tally)
        paid, ever = known[tally.rules]
        found[tally.key] = Decimal(paid.count(tally.mark or Decimal(0)))
        if tally.mark in ever and tally.mark not in paid:
            found[due_key(tally.key)] = Decimal(1)
    return found


def _marks(event: DeedApproved, tally: Tally) -> tuple[list[Decimal], set[Decimal]]:
    """The marks that other deeds were paid and that stand, and those that any deed of the group was ever paid."""
    of_rule = and_(GrantRow.district == event.district, GrantRow.rule.in_(tally.rules))
    with_grant = select(GrantRow.earning).where(of_rule)
    query = select(Earning).where(group(event, tally), DECIDED, Earning.id.in_(with_grant))
    deeds = {row.id: row for row in db.session.scalars(query)}
    if not deeds:
        return [], set()
    standing = set(db.session.scalars(with_grant.where(GrantRow.earning.in_(deeds), GrantRow.state.in_(STANDING))))
    paid: list[Decimal] = []
    ever: set[Decimal] = set()
    for row in deeds.values():
        own = _paid_by(row.decision, tally.rules)
        ever |= set(own)
        if row.id in standing and not row.undone and (row.kind, row.deed) != (event.kind.value, event.id):
            paid += own
    changed = select(Correction.before).where(Correction.district == event.district, Correction.earning.in_(deeds))
    for before in db.session.scalars(changed.where(Correction.state == "confirmed")):
        ever |= set(_paid_by(before, tally.rules))
    return paid, ever


def _paid_by(decision: str | None, rules: tuple[str, ...]) -> list[Decimal]:
    grants = Decision.from_json(decision).grants if decision else ()
    return [mark for grant in grants if grant.rule in rules for mark in marks_of(grant.steps)]


def _grants(deeds: ColumnElement[bool], tally: Tally, what: Any) -> Select[Any]:
    joined = and_(GrantRow.district == Earning.district, GrantRow.earning == Earning.id)
    query = select(what).select_from(Earning).join(GrantRow, joined).where(deeds)
    query = query.where(GrantRow.state.in_(STANDING))
    return query.where(GrantRow.rule.in_(tally.rules)) if tally.rules else query


_QUERIES: dict[str, Callable[[ColumnElement[bool], Tally], Select[Any]]] = {
    "quantity": lambda deeds, _: select(func.sum(Earning.quantity)).where(deeds),
    "counted": lambda deeds, tally: _grants(deeds, tally, func.sum(GrantRow.counted)),
    "times": lambda deeds, tally: _grants(deeds, tally, func.count(func.distinct(Earning.id))),
    "turn": lambda deeds, _: select(func.count()).select_from(Earning).where(deeds),
    "points": lambda deeds, tally: _grants(deeds, tally, func.sum(GrantRow.amount + GrantRow.kept)),
}
