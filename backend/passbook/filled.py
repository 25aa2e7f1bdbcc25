"""Which fields of a deed the service fills, by its kind: what a pack asks beyond them is warned about."""

from __future__ import annotations

from points.events import DeedKind

FILLED: dict[str, frozenset[str]] = {
    DeedKind.ACT.value: frozenset({"street"}),
    DeedKind.SERVICE.value: frozenset({"quantity", "street", "activity", "team"}),
    DeedKind.TICKET.value: frozenset({"street", "place"}),
}
"""Kind, category, time, resident and district are always there; a kind that is not listed is never made."""
