"""What a correction must know: it sees all that counts now, and keeps for its deed what that deed had.

Limits, once-only rules, marks and what one may store are ceilings: they look at every other deed that stands now, also
at those decided later, but take nothing from a deed that it had already. In a running total the deed keeps its place.
What a condition looks at (the hours and the tier a resident had then) stays as it was when the deed was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, or_, select

from backend.kit.db import db, rows
from backend.passbook import facts, stored, tallies
from backend.passbook.models import Correction, Earning, GrantRow
from backend.residents.service import consents
from points.events import DeedApproved
from points.rules import Decision, Facts, Pack, Tally, facts_needed
from points.rules.places import corrected

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Stands:
    """The deed as it stands before the correction."""

    row: Earning
    decision: Decision
    grants: tuple[GrantRow, ...]
    asked: frozenset[Tally]
    """The tallies its decision looked at, where the same pack made it."""

    def had(self, tally: Tally) -> list[GrantRow]:
        """Its grants by the rules of a tally that count in the same group as before."""
        same = all(_value(self.decision.event, name) == value for name, value in tally.match)
        return [grant for grant in self.grants if same and grant.rule in tally.rules]

    def counts_in(self, tally: Tally) -> bool:
        """Whether the deed as it stands is in the group of a tally."""
        event = self.decision.event
        sort = (not tally.kinds or event.kind.value in tally.kinds) and (
            not tally.categories or event.category in tally.categories
        )
        return sort and all(_value(event, name) == value for name, value in tally.match)


def read(event: DeedApproved, pack: Pack, row: Earning, first: Decision) -> Facts:
    """The facts for the correction of a deed that was decided as `first`; `event` is the deed as it should be."""
    needed = facts_needed(pack, event)
    facts.hold_groups(event, needed)
    asked = facts_needed(pack, first.event).tallies if pack.digest == first.digest else ()
    stands = _Stands(row, first, tuple(_standing(row)), frozenset(asked))
    found: dict[str, Decimal] = {}
    for tally in needed.tallies:
        found |= _tally(event, tally, pack, stands)
    found |= tallies.marks(event, [tally for tally in needed.tallies if tally.what == "mark"])
    read_again = replace(first.facts, tallies=found)
    if needed.age_band and read_again.age_band is None:
        read_again = replace(read_again, age_band=facts.band(event))
    if needed.consents and not read_again.consents:
        read_again = replace(read_again, consents=tuple(sorted(consents(event.district, event.resident))))
    if needed.balance:
        read_again = replace(read_again, balance=_balance(event, pack, stands))
    return read_again


def _tally(event: DeedApproved, tally: Tally, pack: Pack, stands: _Stands) -> Mapping[str, Decimal]:
    if tally.what == "mark":
        return {}
    if tally.takes_place:
        return _place(event, tally, stands)
    if tally.what in ("counted", "times"):
        return {tally.key: _under_limit(event, tally, pack, stands)}
    if tally.what == "turn":
        return {tally.key: _turn(event, tally, stands)}
    if tally in stands.asked:
        return {tally.key: stands.decision.facts.tallies[tally.key]}
    return {tally.key: tallies.count(event, tally, _then(stands.row.decided_at))}


def _under_limit(event: DeedApproved, tally: Tally, pack: Pack, stands: _Stands) -> Decimal:
    """What all others count now, but no more than leaves room for what the deed has already."""
    others = tallies.count(event, tally, tallies.DECIDED)
    had, rule = stands.had(tally), pack.rule(tally.rules[0])
    if not had or rule is None:
        return others
    if tally.what == "times":
        return others if rule.times is None else min(others, Decimal(rule.times.at_most - 1))
    counted = sum((grant.counted for grant in had), ZERO)
    most = rule.quantity.at_most
    return others if most is None else min(others, max(ZERO, most - counted))


def _place(event: DeedApproved, tally: Tally, stands: _Stands) -> Mapping[str, Decimal]:
    others = tallies.count(event, tally, tallies.DECIDED)
    if not stands.counts_in(tally):
        return {tally.key: others}
    then: Mapping[str, Decimal] = stands.decision.facts.tallies
    if tally not in stands.asked:
        then = {tally.key: tallies.count(event, tally, _then(stands.row.decided_at))}
    quantity = stands.decision.event.quantity
    return corrected(then, tally.key, quantity, others, untouched=_untouched(event, tally, stands.row))


def _untouched(event: DeedApproved, tally: Tally, row: Earning) -> bool:
    """Whether no other deed of the group was decided since the deed was corrected last."""
    these = rows(Correction, row.district).where(Correction.earning == row.id, Correction.state == "confirmed")
    last = max((made.answered_at or made.asked_at for made in db.session.scalars(these)), default=None)
    return last is None or not tallies.count(event, replace(tally, what="turn"), Earning.decided_at > last)


def _turn(event: DeedApproved, tally: Tally, stands: _Stands) -> Decimal:
    """A deed keeps its turn, and moves up where one before it came to nothing; one that joins stands behind all."""
    others = tallies.count(event, tally, or_(tallies.done_earlier(event), tallies.DECIDED))
    if tally not in stands.asked:
        return others
    return min(stands.decision.facts.tallies[tally.key], Decimal(_ahead(event, tally, stands)))


def _ahead(event: DeedApproved, tally: Tally, stands: _Stands) -> int:
    """How many of the group still stand before it, in the order of their turns."""
    others = and_(tallies.group(event, tally), Earning.id != stands.row.id, Earning.undone.is_(False))
    own = turn_of(stands.row, tally.key)
    found = db.session.scalars(select(Earning).where(others))
    return sum(1 for row in found if (turn_of(row, tally.key) < own if row.decision else (row.at, row.deed) < own[2:]))


def turn_of(row: Earning, key: str) -> tuple[Decimal, datetime, datetime, str]:
    """By what the reports of one thing are in order; the turn is that of the decision that stands."""
    turn = Decision.from_json(row.decision or "").facts.tallies.get(key, ZERO)
    return turn, row.decided_at, row.at, row.deed


def _balance(event: DeedApproved, pack: Pack, stands: _Stands) -> int:
    """What the resident has of other deeds, then or now, but no more than leaves room for what the deed has already."""
    posted = sum(grant.granted + grant.kept for grant in stands.grants if grant.state == "posted")
    waits = sum(grant.amount + grant.kept for grant in stands.grants if grant.state == "waiting")
    others = max(stands.decision.facts.balance or 0, stored.balance(event, but=stands.row.id) - posted)
    return others if pack.store is None else max(0, min(others, pack.store.at_most - posted - waits))


def _standing(row: Earning) -> Iterable[GrantRow]:
    query = rows(GrantRow, row.district).where(GrantRow.earning == row.id, GrantRow.state.in_(tallies.STANDING))
    return db.session.scalars(query)


def _then(decided_at: datetime) -> ColumnElement[bool]:
    return and_(tallies.DECIDED, Earning.decided_at <= decided_at)


def _value(event: DeedApproved, name: str) -> str:
    return str(getattr(event, name))
