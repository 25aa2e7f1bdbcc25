"""Points out of lots: what a hold took, how much of it is first, and what is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from points.ledger.entry import Entry


class Part(NamedTuple):
    """Points out of a lot."""

    expires: int
    lot: int
    points: int
    source: str
    earned: str


def taken(hold: Entry) -> list[Part]:
    """The parts of lots that a hold took."""
    said = (change.split(",") for change in hold.changes if change[0] == "T")
    return [Part(int(each[5]), int(each[1]), int(each[2]), each[3], each[4]) for each in said]


def first(parts: Iterable[Part], points: int) -> list[Part]:
    """As much of the parts, in their order, as makes so many points."""
    found = []
    for part in parts:
        used = min(part.points, points)
        points -= used
        if used:
            found.append(part._replace(points=used))
    return found


def rest(parts: Iterable[Part], gone: int) -> list[Part]:
    """What is left of the parts when so many points of the first are gone."""
    found = []
    for part in parts:
        used = min(part.points, gone)
        gone -= used
        if part.points > used:
            found.append(part._replace(points=part.points - used))
    return found
