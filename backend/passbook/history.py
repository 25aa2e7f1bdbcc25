"""The real deeds of a period, as the rules may see them: what a new pack is tried on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from backend.kit.clock import now
from backend.kit.days import local_day, zone
from backend.kit.db import db, rows
from backend.passbook import packs
from backend.passbook.facts import band_of
from backend.passbook.models import Earning
from backend.passbook.pack_reading import parsed, read_pack
from backend.residents.models import Consent, Resident
from points.events import DeedApproved
from points.rules.history import Past
from points.rules.report import rows as report_rows
from points.rules.trial import Trial, try_pack
from points.rules.wire import unpack

BATCH = 500
DAYS_BACK = 90
MOST_AT_ONCE = 2_000
"""Deeds that are tried while an author waits for the answer; more are tried from the command line."""


def history(district: str, first: date | None, last: date | None) -> Iterator[Past]:
    """The deeds done between two local days (both included), in their order; undone ones are left out."""
    query = rows(Earning, district).where(Earning.undone.is_(False), *_between(first, last))
    query = query.order_by(Earning.at, Earning.id).limit(BATCH)
    after: tuple[datetime, str] | None = None
    while True:
        page = query if after is None else query.where(_later(*after))
        batch = [(row, _event(row)) for row in db.session.scalars(page)]
        if not batch:
            return
        residents = _residents(district, {row.resident for row, _ in batch})
        given = _consents(district, set(residents))
        for row, event in batch:
            band = band_of(event, residents[row.resident]) if row.resident in residents else None
            yield Past(event, row.decided_at, band, _at(given.get(row.resident, []), row.decided_at))
        after = (batch[-1][0].at, batch[-1][0].id)
        db.session.expunge_all()


def count(district: str, first: date | None, last: date | None) -> int:
    """How many deeds `history` has."""
    query = select(func.count()).select_from(Earning)
    query = query.where(Earning.district == district, Earning.undone.is_(False), *_between(first, last))
    return int(db.session.scalar(query) or 0)


def try_shortly(district: str, text: str) -> dict[str, Any]:
    """The simulation that goes with a pack when it is handed in: the deeds of the last 90 days, if not too many.

    `complete` is False when only the first of them could be tried.
    """
    new = read_pack(text)
    today = local_day(now())
    first = today - timedelta(days=DAYS_BACK)
    beside = packs.row_in_force(district, today)
    pasts: list[Past] = []
    for past in history(district, first, today):
        if len(pasts) >= MOST_AT_ONCE:
            break
        pasts.append(past)
    old = None if beside is None else try_pack(parsed(beside.digest, beside.text), pasts)
    complete = len(pasts) < MOST_AT_ONCE
    return summary(try_pack(new, pasts), old, text, first, today, complete=complete)


def summary(
    new: Trial, old: Trial | None, text: str, first: date | None, last: date | None, *, complete: bool
) -> dict[str, Any]:
    """What of a trial is kept with the pack."""
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "beside": old.digest if old else None,
        "at": now().isoformat(),
        "deeds": new.deeds,
        "complete": complete,
        "points": new.granted,
        "points_beside": old.granted if old else None,
        "rows": [row._asdict() for row in report_rows(new, old, read_pack(text))],
    }


def _between(first: date | None, last: date | None) -> list[Any]:
    parts = []
    if first is not None:
        parts.append(Earning.at >= datetime.combine(first, time(), zone()))
    if last is not None:
        parts.append(Earning.at < datetime.combine(last + timedelta(days=1), time(), zone()))
    return parts


def _later(at: datetime, identifier: str) -> Any:
    return (Earning.at > at) | ((Earning.at == at) & (Earning.id > identifier))


def _event(row: Earning) -> DeedApproved:
    return unpack(DeedApproved, json.loads(row.event))


def _residents(district: str, identifiers: set[str]) -> dict[str, Resident]:
    found = db.session.scalars(rows(Resident, district).where(Resident.id.in_(identifiers)))
    return {resident.id: resident for resident in found}


def _consents(district: str, identifiers: set[str]) -> dict[str, list[Consent]]:
    given: dict[str, list[Consent]] = {}
    for consent in db.session.scalars(rows(Consent, district).where(Consent.resident.in_(identifiers))):
        given.setdefault(consent.resident, []).append(consent)
    return given


def _at(given: list[Consent], moment: datetime) -> tuple[str, ...]:
    """The consents that held at a moment."""
    return tuple(
        sorted(
            {c.purpose for c in given if c.given_at <= moment and (c.withdrawn_at is None or c.withdrawn_at > moment)}
        )
    )
