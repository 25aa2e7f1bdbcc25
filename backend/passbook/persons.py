"""Where two people are asked for: whether two names of actors are one person."""

from __future__ import annotations

from backend.kit.db import db
from backend.staff.models import StaffMember

_STAFF, _CONSOLE, _RESIDENT = "staff:", "console:", "resident:"


def same_person(district: str, one: str, other: str) -> bool:
    """Whether two actors (`staff:<id>`, `resident:<id>`; in old rows `console:<name>`) are one person.

    That is one account, one name, or one resident in private.
    """
    if one == other:
        return True
    of_one, of_other = _marks(district, one), _marks(district, other)
    return bool(of_one & of_other)


def _marks(district: str, actor: str) -> set[str]:
    """What tells a person: the name as staff, and the resident they are in private."""
    if actor.startswith(_CONSOLE):
        return {f"name:{actor.removeprefix(_CONSOLE)}"}
    if actor.startswith(_RESIDENT):
        return {actor}
    if not actor.startswith(_STAFF):
        return set()
    member = db.session.get(StaffMember, (district, actor.removeprefix(_STAFF)))
    if member is None:
        return set()
    return {f"name:{member.name}"} | ({f"resident:{member.resident}"} if member.resident else set())
