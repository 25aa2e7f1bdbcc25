"""What an act says beyond its category: as its resident declared it, and as a reviewer approved it, which earns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from typing import Any

from marshmallow import fields as shapes
from marshmallow import validate

from backend.acts.models import Act
from backend.kit.crypto import cipher
from backend.kit.http import Answer, Body
from backend.kit.http.shapes import Id, Text
from backend.passbook import subjects

_QUANTITY = r"^([1-9][0-9]{0,3}(\.[0-9]{1,2})?|0\.(0[1-9]|[1-9][0-9]?))\Z"
_WORDS = {
    "about": "whom or what it is about, so that the same is known again; kept sealed, and never asked for by rules "
    "but to tell what was done once already",
    "place": "where, in the town's words, so that the same place is known again",
}


@dataclass(frozen=True, slots=True)
class Details:
    """Quantity in the unit of the rule (bags, times); the others None where nothing is said."""

    quantity: str = "1"
    about: str | None = None
    place: str | None = None
    team: str | None = None
    activity: str | None = None


NAMES = tuple(each.name for each in fields(Details))


class ActDetailsBody(Body):
    """May be left out one by one. In a review what is left out stays as declared, and null takes it away."""

    quantity = shapes.String(
        validate=validate.Regexp(_QUANTITY), metadata={"description": "a decimal above zero, such as 2 or 1.5"}
    )
    about = Text(1, 60, allow_none=True, metadata={"description": _WORDS["about"]})
    place = Text(1, 60, allow_none=True, metadata={"description": _WORDS["place"]})
    team = Id(allow_none=True)
    activity = Id(allow_none=True)


class ActDetailsSchema(Answer):
    quantity = shapes.String(required=True)
    about = shapes.String(required=True, allow_none=True)
    place = shapes.String(required=True, allow_none=True)
    team = shapes.String(required=True, allow_none=True)
    activity = shapes.String(required=True, allow_none=True)


def declare(act: Act, given: Mapping[str, Any]) -> None:
    """Keep what the resident says; refused as `subjects.check`."""
    act.declared = _stored(act, _checked(act, replace(Details(), **given)))


def approve(act: Act, changes: Mapping[str, Any]) -> list[str]:
    """Keep what the reviewer found true, and answer the names of what differs; refused as `subjects.check`."""
    declared = declared_of(act)
    found = _checked(act, replace(declared, **changes))
    act.approved = _stored(act, found)
    return [name for name in NAMES if getattr(found, name) != getattr(declared, name)]


def declared_of(act: Act) -> Details:
    """What the resident said."""
    return _opened(act, act.declared or {})


def approved_of(act: Act) -> Details | None:
    """What the reviewer found true; None while nobody approved it."""
    return None if act.approved is None else _opened(act, act.approved)


def fields_of_deed(act: Act) -> dict[str, Any]:
    """What was approved, as the rules see it: whom it is about only as a mark that says nothing of them."""
    found = approved_of(act) or Details()
    return asdict(found) | {
        "quantity": Decimal(found.quantity),
        "about": subjects.mark(act.district, found.about) if found.about else None,
        "place": subjects.same(found.place) if found.place else None,
    }


def _checked(act: Act, found: Details) -> Details:
    subjects.check(act.district, asdict(found))
    return found


def _stored(act: Act, found: Details) -> dict[str, Any]:
    about = cipher().seal(_seal(act), found.about) if found.about else None
    return asdict(found) | {"about": about}


def _opened(act: Act, stored: Mapping[str, Any]) -> Details:
    about = stored.get("about")
    return replace(Details(), **{**stored, "about": cipher().open(_seal(act), about) if about else None})


def _seal(act: Act) -> str:
    return f"act:{act.id}:about"
