"""A resident's star grade by confirmed hours: what is reached, since when, and what is still under public notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db
from backend.passbook import packs
from backend.passbook.models import Earning
from points.events import DeedKind
from points.rules.stars import Reached
from points.rules.texts import plain


def stars_of(caller: Caller) -> dict[str, Any]:
    """The caller's grade by the pack in force today; no grades and grade 0 where it names none."""
    today = local_day(now())
    pack = packs.in_force(caller.district, today)
    hours = list(_confirmed(caller))
    if pack is None or pack.stars is None:
        return _shown(sum((more for _, more in hours), Decimal(0)))
    standing = pack.stars.standing(hours, today, pack.calendar)
    return _shown(standing.hours, pack.stars.hours, standing.held, standing.on_notice)


def _shown(
    hours: Decimal, needed: tuple[Decimal, ...] = (), held: Reached | None = None, on_notice: Reached | None = None
) -> dict[str, Any]:
    above = next((each for each in needed if hours < each), None)
    return {
        "hours": plain(hours),
        "grade": held.grade if held else 0,
        "since": held.granted if held else None,
        "notice": on_notice._asdict() if on_notice else None,
        "next_at": None if above is None else plain(above),
        "grades": [plain(each) for each in needed],
    }


def _confirmed(caller: Caller) -> Iterator[tuple[date, Decimal]]:
    """Hours that stand, by the local day on which they were confirmed."""
    query = select(Earning.approved_at, Earning.quantity).where(
        Earning.district == caller.district,
        Earning.resident == caller.id,
        Earning.kind == DeedKind.SERVICE.value,
        Earning.undone.is_(False),
    )
    for row in db.session.execute(query.order_by(Earning.approved_at, Earning.id)):
        yield local_day(row.approved_at), row.quantity
