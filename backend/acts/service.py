"""A resident declares a civil act, with photos as its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from backend.acts import details
from backend.acts.models import Act
from backend.acts.states import ActState
from backend.kit import pace
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.crypto import cipher
from backend.kit.days import local_day
from backend.kit.db import NOT_FOUND, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.passbook import packs
from backend.photos import service as photos
from backend.places.service import street_of
from backend.wiring import settings
from points.errors import Category, kind
from points.events import DeedKind

ACTS_QUOTA = kind(
    "acts_quota",
    Category.TOO_MANY,
    zh="今天已申报 {most} 件，请明天再申报。",
    en="You declared {most} acts today, which is the most; try again tomorrow.",
    retry=True,
)
ACT_IN_FUTURE = kind(
    "act_in_future", Category.INVALID, zh="行为时间不能在将来。", en="An act cannot lie in the future."
)
ACT_TOO_OLD = kind(
    "act_too_old",
    Category.INVALID,
    zh="只能申报 {days} 天以内的行为。",
    en="An act can be declared within {days} days.",
)
CATEGORY_UNKNOWN = kind(
    "act_category_unknown",
    Category.INVALID,
    zh="当天的规则里没有“{category}”这一类。",
    en="The rules of that day know no such category: {category}.",
)


def declare(
    caller: Caller,
    *,
    category: str,
    done_at: datetime,
    street: str,
    description: str,
    photo_ids: Sequence[str],
    helped: str | None,
    **said: Any,
) -> Act:
    """Put an act before the reviewers.

    `said` is what `details.Details` holds.

    Refused: `act_in_future`, `act_too_old`, `act_category_unknown`, `street_unknown`, `acts_quota`, `not_found` (a
    photo that is not the caller's), `photo_repeated`, `act_names_nothing`.
    """
    _check_time(done_at)
    with transaction() as session:
        _check_category(caller.district, category, local_day(done_at))
        pace.count_one(caller.district, caller.name, "act", most=settings().acts.per_day, refusal=ACTS_QUOTA)
        act = Act(
            district=caller.district,
            id=fresh_id(),
            resident=caller.id,
            category=category,
            done_at=done_at,
            street=street_of(caller.district, street).code,
            description=description,
            state=ActState.DECLARED.value,
            declared_at=now(),
        )
        if helped is not None:
            act.helped_sealed = cipher().seal(_place(act), helped)
        details.declare(act, said)
        evidence = photos.own_photos(caller.district, caller.name, photo_ids)
        act.marks = photos.use(evidence, subject_of(act))
        session.add(act)
    return act


def categories(district: str, on: date) -> tuple[str, ...]:
    """The acts that the rules of a day know; none while no pack is in force."""
    return packs.categories(district, DeedKind.ACT.value, on)


def act_for(caller: Caller, identifier: str) -> Act:
    """An act for the resident who declared it, or for a reviewer of the district; `not_found` for anyone else."""
    act = find(Act, caller.district, identifier)
    if caller.kind != "staff" and act.resident != caller.id:
        raise NOT_FOUND()
    return act


def own_acts(caller: Caller, cursor: str | None, limit: int) -> Page:
    """The caller's acts, newest first."""
    return page_of(rows(Act, caller.district).where(Act.resident == caller.id), Act, cursor, limit)


def acts_to_review(district: str, state: ActState | None, cursor: str | None, limit: int) -> Page:
    """The acts of a district, all or those in one state, newest first."""
    query = rows(Act, district)
    return page_of(query if state is None else query.where(Act.state == state.value), Act, cursor, limit)


def subject_of(act: Act) -> str:
    """How photos and the audit log name an act."""
    return f"act:{act.id}"


def helped_by(act: Act) -> str | None:
    """Whom or what the act helped, as the resident wrote it; for them and the reviewers only."""
    return cipher().open(_place(act), act.helped_sealed) if act.helped_sealed else None


def _check_time(done_at: datetime) -> None:
    if done_at > now():
        raise ACT_IN_FUTURE()
    if done_at < now() - timedelta(days=settings().acts.days_back):
        raise ACT_TOO_OLD(days=settings().acts.days_back)


def _check_category(district: str, category: str, on: date) -> None:
    """While no pack is in force any word may be declared: what is approved then waits for the first pack."""
    known = categories(district, on)
    if known and category not in known:
        raise CATEGORY_UNKNOWN(category=category)


def _place(act: Act) -> str:
    return f"act:{act.id}:helped"
