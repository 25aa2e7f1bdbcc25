"""Which fields of a deed the service fills, by its kind: what a pack asks beyond them is warned about."""

from __future__ import annotations

from points.events import DeedKind

FILLED: dict[str, frozenset[str]] = {
    DeedKind.ACT.value: frozenset({"quantity", "street", "activity", "team", "household", "place", "about"}),
    DeedKind.SERVICE.value: frozenset({"quantity", "street", "activity", "team", "household"}),
    DeedKind.TICKET.value: frozenset({"street", "household", "place"}),
    DeedKind.REFERRAL.value: frozenset({"street", "household", "about"}),
}
"""Kind, category, time, resident and district are always there; a kind that is not listed is never made.

Of these an act says what its resident declared and its reviewer approved; a household is there for who has joined one.
"""
