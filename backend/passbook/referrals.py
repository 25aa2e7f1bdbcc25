"""The gate in: whoever brought a new resident earns, once, when the newcomer's first deed is approved."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from backend.kit.clock import now
from backend.kit.db import db, find, rows, transaction
from backend.passbook import earn
from backend.passbook.models import Earning
from backend.residents.models import Resident
from backend.residents.referrals.models import Referral
from backend.staff.service import is_same_person
from points.errors import Refused
from points.events import DeedApproved, DeedKind

CATEGORY = "推荐新志愿者"
MOST_AT_ONCE = 500


def follow(district: str) -> int:
    """Make the deeds of referrals whose newcomer has done something by now; answers how many.

    At most `MOST_AT_ONCE` are looked at, those first that nobody looked at for longest: one that cannot earn yet (the
    rules refuse it, or the referrer alone approved) comes again behind the others. A closed referrer earns nothing.
    """
    done = (Earning.district == Referral.district) & (Earning.resident == Referral.newcomer)
    referrer = (Resident.district == Referral.district) & (Resident.id == Referral.referrer)
    query = (
        select(Referral.id)
        .where(Referral.district == district, Referral.earning.is_(None))
        .where(select(Earning.id).where(done, *_counts()).exists())
        .where(select(Resident.id).where(referrer, Resident.closed.is_(False)).exists())
        .order_by(Referral.looked_at.asc().nulls_first(), Referral.id)
        .limit(MOST_AT_ONCE)
    )
    return sum(_look(district, identifier) for identifier in db.session.scalars(query).all())


def _look(district: str, identifier: str) -> bool:
    """Whether it earned; one that did not goes behind those nobody looked at since."""
    if _earn(district, identifier):
        return True
    with transaction():
        find(Referral, district, identifier, lock=True).looked_at = now()
    return False


def _earn(district: str, identifier: str) -> bool:
    """One of them; what the rules refuse waits for a correction of the rules and stops no other."""
    try:
        with transaction():
            made = find(Referral, district, identifier, lock=True)
            first = _first(made)
            if made.earning is not None or first is None or find(Resident, district, made.referrer).closed:
                return False
            deed = DeedApproved(
                id=made.id,
                kind=DeedKind.REFERRAL,
                category=CATEGORY,
                at=first.approved_at,
                resident=made.referrer,
                district=district,
                street=find(Resident, district, made.referrer).street,
                about=made.id,
            )
            made.earning = earn.deed_approved(deed, first.approver)
    except Refused:
        return False
    return True


def _first(made: Referral) -> Earning | None:
    """The newcomer's first deed that somebody else than the referrer approved: nobody approves what they gain by."""
    query = rows(Earning, made.district).where(Earning.resident == made.newcomer, *_counts())
    for earning in db.session.scalars(query.order_by(Earning.approved_at, Earning.id)):
        if not _is(made.referrer, made.district, earning.approver):
            return earning
    return None


def _is(resident: str, district: str, approver: str) -> bool:
    """Whether who approved is this resident: as the leader of a team, or as staff."""
    kind, _, identifier = approver.partition(":")
    return identifier == resident if kind == "resident" else is_same_person(district, identifier, resident)


def _counts() -> tuple[ColumnElement[bool], ...]:
    return (Earning.kind != DeedKind.REFERRAL.value, Earning.undone.is_(False))
