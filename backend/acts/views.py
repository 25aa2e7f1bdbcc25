"""An act as somebody sees it: the resident their own side, a reviewer also what reviewers know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from backend.acts.appeals import appeals_of
from backend.acts.details import approved_of, declared_of
from backend.acts.models import Act, Appeal
from backend.acts.service import helped_by, subject_of
from backend.acts.states import ActState
from backend.kit import appeals
from backend.kit.auth import Caller
from backend.kit.db import db, rows
from backend.kit.http import Page
from backend.photos.models import Photo
from backend.photos.service import attached
from backend.residents.models import Resident
from backend.residents.service import masked_name
from backend.staff.service import is_same_person


def seen(caller: Caller, act: Act) -> dict[str, Any]:
    """One act for a caller who may see it."""
    return _seen(caller, [act])[0]


def seen_page(caller: Caller, page: Page) -> Page:
    """A page of acts for a caller; costs the same number of queries whatever its length."""
    return replace(page, items=_seen(caller, page.items))


def _seen(caller: Caller, acts: Sequence[Act]) -> list[dict[str, Any]]:
    made = appeals_of(caller.district, [act.id for act in acts])
    photos = attached(caller.district, [subject_of(act) for act in acts])
    sides = [_residents_side(act, photos[subject_of(act)], made.get(act.id)) for act in acts]
    if caller.kind == "staff":
        names = _names(caller.district, {act.resident for act in acts})
        for act, side in zip(acts, sides, strict=True):
            if not is_same_person(caller.district, caller.id, act.resident):
                side["staff"] = _reviewers_side(act, names[act.resident], made.get(act.id))
    return sides


def _residents_side(act: Act, photos: list[Photo], made: Appeal | None) -> dict[str, Any]:
    facts = ("id", "category", "done_at", "street", "description", "state", "declared_at", "reviewed_at", "reason")
    return {
        **{fact: getattr(act, fact) for fact in facts},
        "helped": helped_by(act),
        "declared": declared_of(act),
        "approved": approved_of(act),
        "photos": [photo.id for photo in photos],
        "earning": act.earning,
        "may_appeal_until": _may_appeal_until(act),
        "appeal": appeals.shown(made) if made else None,
    }


def _reviewers_side(act: Act, name: str, made: Appeal | None) -> dict[str, Any]:
    return {
        "resident": act.resident,
        "resident_name": name,
        "marks": act.marks,
        "reviewer": act.reviewer,
        "note": act.note,
        "appeal_answerer": made.answerer if made else None,
    }


def _may_appeal_until(act: Act) -> datetime | None:
    if act.state != ActState.REFUSED or act.reviewed_at is None:
        return None
    return appeals.may_object_until(act.reviewed_at)


def _names(district: str, residents: set[str]) -> dict[str, str]:
    found = db.session.scalars(rows(Resident, district).where(Resident.id.in_(residents)))
    return {resident.id: masked_name(resident) for resident in found}
