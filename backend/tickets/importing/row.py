"""Second step of an import: the fields of a row become a ticket. Dirt is kept and marked, the untrue is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from backend.tickets.classes import book
from backend.tickets.importing.file import RowUnfit
from backend.tickets.models import PARTNER, REPORTER
from backend.tickets.states import TicketState
from points.ids import new_id

_SOURCE = re.compile(r"[a-z0-9_]{1,20}")
_NEEDED = ("source", "ticket_id", "category", "created_at", "status")
_LONGEST = {"ticket_id": 60} | dict.fromkeys(
    ("category", "subcategory", "area", "channel", "closure_class", "on_time", "anonymous"), 200
)
_ORIGIN = (
    "category",
    "subcategory",
    "status",
    "area",
    "channel",
    "closure_class",
    "on_time",
    "is_duplicate",
    "anonymous",
)
_STATES = dict.fromkeys(("open", "pending"), TicketState.FILED) | dict.fromkeys(
    ("closed", "cancelled", "referred out"), TicketState.CLOSED
)
Values = dict[str, Any]


def ticket_from(district: str, fields: dict[str, str]) -> Values:
    """The columns of a ticket; `marks` names what is odd about it. Raises RowUnfit."""
    if not all(fields[name] for name in _NEEDED):
        raise RowUnfit("missing_value")
    if any(len(fields[name]) > longest for name, longest in _LONGEST.items()):
        raise RowUnfit("value_too_long")
    if not _SOURCE.fullmatch(fields["source"]):
        raise RowUnfit("bad_source")
    if fields["source"] in (REPORTER, PARTNER):
        raise RowUnfit("reserved_source")
    state = _STATES.get(fields["status"].lower())
    if state is None:
        raise RowUnfit("bad_status")
    if fields["is_duplicate"] not in ("", "0", "1"):
        raise RowUnfit("bad_flag")
    times = {name: _time(fields[name]) for name in ("created_at", "sla_due_at", "closed_at")}
    place = _place(fields)
    return _values(district, fields, state, times, place)


def _values(
    district: str,
    fields: dict[str, str],
    state: TicketState,
    times: dict[str, datetime | None],
    place: tuple[float, float] | None,
) -> Values:
    created, due, closed = times["created_at"], times["sla_due_at"], times["closed_at"]
    assert created is not None  # noqa: S101 - it is one of the fields that are needed
    return {
        "district": district,
        "id": new_id(created),
        "source": fields["source"],
        "source_id": fields["ticket_id"],
        "category": _class_of(fields["category"], fields["subcategory"]),
        "lat": place[0] if place else None,
        "lon": place[1] if place else None,
        "photos": [],
        "after_photos": [],
        "state": state.value,
        "reported_at": created,
        "filed_at": created,
        "due_at": due,
        "due_provisional": False,
        "closed_at": closed,
        "updated_at": closed or created,
        "rank": 1,
        "step_count": 0,
        "marks": [mark for mark, odd in ODD.items() if odd(state, created, due, closed, place)],
        "origin": {name: fields[name] for name in _ORIGIN if fields[name]},
    }


ODD: dict[str, Callable[..., bool]] = {
    "position_unknown": lambda state, created, due, closed, place: place is None,
    "due_before_opened": lambda state, created, due, closed, place: due is not None and due < created,
    "closed_before_opened": lambda state, created, due, closed, place: closed is not None and closed < created,
    "closed_at_once": lambda state, created, due, closed, place: closed == created,
    "closed_without_time": lambda state, created, due, closed, place: state == TicketState.CLOSED and closed is None,
    "open_but_closed": lambda state, created, due, closed, place: state != TicketState.CLOSED and closed is not None,
}
"""The marks, and when each is set."""


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RowUnfit("bad_time") from error
    if at.tzinfo is None or not 1990 <= at.year <= 2200:
        raise RowUnfit("bad_time")
    return at


def _place(fields: dict[str, str]) -> tuple[float, float] | None:
    """Degrees in WGS84; None when there are none, or they are those of a place that stands for 'unknown'."""
    if not fields["lat"] and not fields["lon"]:
        return None
    try:
        place = float(fields["lat"]), float(fields["lon"])
    except ValueError as error:
        raise RowUnfit("bad_position") from error
    if not (-90 <= place[0] <= 90 and -180 <= place[1] <= 180):
        raise RowUnfit("bad_position")
    return None if place in book().default_positions.get(fields["source"], frozenset()) else place


@lru_cache(maxsize=4096)
def _class_of(category: str, subcategory: str) -> str:
    return book().class_of_foreign(category, subcategory)
