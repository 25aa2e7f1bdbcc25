"""What a correction changes of an act's words: its place, team and activity, and its subject, sealed in the books."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.kit.crypto import cipher
from backend.passbook import subjects
from backend.passbook.models import Correction, Earning
from points.errors import Category, kind
from points.events import DeedKind

FIELDS = ("about", "place", "team", "activity")
ACTS_ONLY = kind(
    "correction_of_acts_only",
    Category.INVALID,
    zh="只有文明行为的对象、地点、队伍和活动可以这样更正；志愿服务和随手拍的由各自的记录而来。",
    en="Subject, place, team and activity are corrected so for acts alone; hours and tickets have their own records.",
)


def sealed(row: Earning, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are kept: whom or what the deed is about cannot be read in the books."""
    about = changes.get("about")
    return dict(changes) if about is None else {**changes, "about": cipher().seal(_seal(row.id), about)}


def opened(made: Correction) -> dict[str, Any]:
    """The changes of a correction as they were asked for."""
    return _opened(made.earning, made.changes)


def fields_of_deed(row: Earning, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Of kept changes what the rules see, None where it is taken away; the other fields are left out.

    Refused: `correction_of_acts_only`, `act_names_nothing`, `act_words_unreadable`.
    """
    if "rank" in changes:  # a ticket that was joined to another, by its own feature
        return {name: changes[name] for name in ("place",) if name in changes}
    named = {name: value for name, value in _opened(row.id, changes).items() if name in FIELDS}
    if named and row.kind != DeedKind.ACT:
        raise ACTS_ONLY()
    subjects.check(row.district, named)
    if named.get("place") is not None:
        named["place"] = subjects.same(named["place"])
    if named.get("about") is not None:
        named["about"] = subjects.mark(row.district, named["about"])
    return named


def _opened(earning: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    about = changes.get("about")
    return dict(changes) if about is None else {**changes, "about": cipher().open(_seal(earning), about)}


def _seal(earning: str) -> str:
    return f"earning:{earning}:about"
