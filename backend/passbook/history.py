"""The real deeds of a period, as the rules may see them: what a new pack is tried on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select, tuple_

from backend.kit.clock import now
from backend.kit.days import local_day, zone
from backend.kit.db import db
from backend.passbook import packs
from backend.passbook.facts import band_of
from backend.passbook.models import Earning
from backend.passbook.pack_reading import parsed, read_pack
from backend.residents.ages import opened
from backend.residents.models import Consent, Resident
from points.events import DeedApproved
from points.rules import Pack
from points.rules.history import Past
from points.rules.report import rows as report_rows
from points.rules.simulate import as_before, within
from points.rules.trial import Trial, try_pack
from points.rules.warm import warm_from
from points.rules.windows import midnight
from points.rules.wire import unpack

BATCH = 500
DAYS_BACK = 90
MOST_AT_ONCE = 2_000
"""Deeds that are tried while an author waits for the answer; more are tried from the command line."""
MOST_BEFORE = 4_000
"""Deeds of before the period that fill the books meanwhile."""
_TURN = (Earning.decided_at, Earning.at, Earning.id)
"""Deeds in the order of their decisions; those that were decided at once, as they were done."""


def history(district: str, first: date | None, last: date | None) -> Iterator[Past]:
    """The deeds done between two local days (both included), in the order of their decisions; without undone ones."""
    query = (
        select(Earning.id, Earning.at, Earning.resident, Earning.decided_at, Earning.event)
        .where(Earning.district == district, Earning.undone.is_(False), *_between(first, last))
        .order_by(*_TURN)
        .limit(BATCH)
    )
    page = query
    while batch := db.session.execute(page).all():
        births = _births(district, {row.resident for row in batch})
        given = _consents(district, set(births))
        for row in batch:
            band = band_of(births.get(row.resident), local_day(row.at))
            consents = _at(given.get(row.resident, []), row.decided_at)
            yield Past(unpack(DeedApproved, json.loads(row.event)), row.decided_at, band, consents)
        page = query.where(tuple_(*_TURN) > tuple_(batch[-1].decided_at, batch[-1].at, batch[-1].id))


def count(district: str, first: date | None, last: date | None, before: datetime | None = None) -> int:
    """How many deeds `history` has; with `before`, those of them that were decided before that moment."""
    query = select(func.count()).select_from(Earning)
    query = query.where(Earning.district == district, Earning.undone.is_(False), *_between(first, last))
    if before is not None:
        query = query.where(Earning.decided_at < before)
    return int(db.session.scalar(query) or 0)


def try_shortly(district: str, text: str) -> dict[str, Any]:
    """The simulation that goes with a pack when it is handed in: the deeds of the last 90 days, if not too many.

    Both packs are tried as if they had been in force then, and their books are filled from the deeds of before.
    `complete` is False when only the first deeds could be tried, or those of before are too many.
    """
    new, began = read_pack(text), now()
    today = local_day(began)
    first = today - timedelta(days=DAYS_BACK)
    beside = packs.compared_with(district, new)
    old = None if beside is None else parsed(beside.digest, beside.text)
    found = _shortly(district, warm_start(new, old, first), first, today)
    pasts = list(islice(found.pasts, found.before + MOST_AT_ONCE))
    since = midnight(first, zone())
    trials = [None if each is None else _try(each, pasts, since, whole=found.warmed) for each in (new, old)]
    complete = found.warmed and len(pasts) - found.before < MOST_AT_ONCE
    assert trials[0] is not None  # noqa: S101 - the new pack is there
    return summary(trials[0], trials[1], text, (first, today), began=began, complete=complete)


def warm_start(new: Pack, old: Pack | None, first: date) -> date | None:
    """The day from which deeds fill the books of both packs; None: from the very first deed."""
    starts = [warm_from(each, first) for each in (new, old) if each is not None]
    return None if None in starts else min(day for day in starts if day is not None)


@dataclass(frozen=True, slots=True)
class _Found:
    """Deeds to try: how many of them are before the period, and whether none of those is left out."""

    pasts: Iterator[Past]
    before: int
    warmed: bool


def _shortly(district: str, start: date | None, first: date, last: date) -> _Found:
    """With the deeds of before, unless they are too many to wait for."""
    before = count(district, start, first - timedelta(days=1))
    if before > MOST_BEFORE:
        return _Found(history(district, first, last), 0, warmed=False)
    return _Found(history(district, start, last), before, warmed=True)


def _try(pack: Pack, pasts: list[Past], since: datetime, *, whole: bool) -> Trial:
    """Each pack's books are filled from where its own longest window begins, as a longer trial does."""
    before = as_before(pack)
    own = within(before, iter(pasts), since.astimezone(pack.zone).date(), None)
    return try_pack(before, own, None, since, whole=whole)


def summary(
    new: Trial, old: Trial | None, text: str, days: tuple[date | None, date | None], *, began: datetime, complete: bool
) -> dict[str, Any]:
    """What of a trial is kept with the pack; `began` is when its deeds were begun to be read."""
    first, last = days
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "pack": new.digest,
        "beside": old.digest if old else None,
        "at": began.isoformat(),
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


def _births(district: str, identifiers: set[str]) -> dict[str, date | None]:
    query = select(Resident.id, Resident.birth_sealed)
    found = db.session.execute(query.where(Resident.district == district, Resident.id.in_(identifiers)))
    return {row.id: opened(row.id, row.birth_sealed) for row in found}


def _consents(district: str, identifiers: set[str]) -> dict[str, list[Any]]:
    query = select(Consent.resident, Consent.purpose, Consent.given_at, Consent.withdrawn_at)
    given: dict[str, list[Any]] = {}
    for consent in db.session.execute(query.where(Consent.district == district, Consent.resident.in_(identifiers))):
        given.setdefault(consent.resident, []).append(consent)
    return given


def _at(given: list[Any], moment: datetime) -> tuple[str, ...]:
    """The consents that held at a moment."""
    return tuple(
        sorted(
            {c.purpose for c in given if c.given_at <= moment and (c.withdrawn_at is None or c.withdrawn_at > moment)}
        )
    )
