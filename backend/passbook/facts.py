"""What a decision must know of earlier deeds, read under a lock in the commit that stores the decision."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_

from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db
from backend.passbook import locks, stored, tallies
from backend.passbook.models import Earning
from backend.residents.ages import birth_date_of, years_on
from backend.residents.models import Resident
from backend.residents.service import consents
from points.events import DeedApproved
from points.rules import Facts, FactsNeeded, age_band


def read(event: DeedApproved, needed: FactsNeeded, waited_since: datetime | None = None) -> Facts:
    """The facts of a deed. Every group that is counted over stays locked until the transaction ends.

    `waited_since` is when a deed that had to wait for rules was approved: what was decided meanwhile does not take
    its turn away.
    """
    hold_groups(event, needed)
    before = _decided_before(event, waited_since)
    sums = [tally for tally in needed.tallies if tally.what != "mark"]
    found = {tally.key: tallies.count(event, tally, before[tally.what == "turn"]) for tally in sums}
    return Facts(
        decided_at=now(),
        tallies=found | tallies.marks(event, [tally for tally in needed.tallies if tally.what == "mark"]),
        age_band=band(event) if needed.age_band else None,
        consents=tuple(sorted(consents(event.district, event.resident))) if needed.consents else (),
        balance=stored.balance(event) if needed.balance else None,
    )


def hold_resident(event: DeedApproved) -> None:
    """One deed of a resident at a time; always held before any other group."""
    locks.hold(event.district, [f"resident={event.resident}"])


def hold_groups(event: DeedApproved, needed: FactsNeeded) -> None:
    """Two decisions of one group cannot both stand below a band's edge, nor both be the first."""
    hold_resident(event)
    groups = {",".join(f"{name}={value}" for name, value in tally.match) for tally in needed.tallies}
    locks.hold(event.district, groups - {f"resident={event.resident}"})


def band_of(born: date | None, day: date) -> str | None:
    """The band of an age on a local day; None when the birthday is not known."""
    if born is None:
        return None
    return age_band(years_on(born, day))


def band(event: DeedApproved) -> str | None:
    """The resident's band of age on the day of the deed."""
    found = db.session.get(Resident, (event.district, event.resident))
    return band_of(birth_date_of(found), local_day(event.at))


def _decided_before(
    event: DeedApproved, waited_since: datetime | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which other deeds count: for sums those decided already; for turns also those filed earlier that still wait."""
    taken = tallies.DECIDED if waited_since is None else and_(tallies.DECIDED, Earning.decided_at <= waited_since)
    return tallies.DECIDED, or_(tallies.done_earlier(event), taken)
