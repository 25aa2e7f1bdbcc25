"""Step: which part of a running total is a deed's own, so that no part is paid for twice and none is lost.

A new deed stands behind all that count before it. A corrected deed keeps the place it had, for as much as it had; what
it asks for beyond stands behind all that count now, like a new deed. The places it keeps, and how much all other deeds
count, are tallies beside the total's own in the facts of the correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from points.rules.steps import EXACT

Tallies = Mapping[str, Decimal]
Stretch = tuple[Decimal, Decimal]
"""From where to where in the running total."""
ZERO = Decimal(0)


def others_key(total: str) -> str:
    """What all other deeds bring a running total to now."""
    return f"{total}.others"


def due_key(mark: str) -> str:
    """Present where a mark was paid and taken back, so that it is due again."""
    return f"{mark}.due"


def stretches(tallies: Tallies, total: str, start: Decimal, quantity: Decimal) -> list[Stretch]:
    """The places of a deed of so much: those it keeps, then from `start` on."""
    found: list[Stretch] = []
    left = quantity
    for low, high in kept(tallies, total):
        part = min(left, EXACT.subtract(high, low))
        if part > 0:
            found.append((low, EXACT.add(low, part)))
            left = EXACT.subtract(left, part)
    if left > 0 or not found:
        end = EXACT.add(start, left)
        found.append((found.pop()[0] if found and found[-1][1] == start else start, end))
    return found


def kept(tallies: Tallies, total: str) -> list[Stretch]:
    """The places a corrected deed keeps; none for a new one."""
    found: list[Stretch] = []
    while (low := tallies.get(_key(total, len(found), "from"))) is not None:
        found.append((low, tallies[_key(total, len(found), "to")]))
    return found


def corrected(before: Tallies, total: str, quantity: Decimal, others: Decimal, *, untouched: bool) -> Tallies:
    """The tallies of a running total for the correction of a deed of `quantity` that was decided by those `before`.

    `others` is what all other deeds count now; `untouched` whether none of them was decided since the deed was
    corrected last: then it comes back to the places which that correction took from it.
    """
    free = untouched and before.get(others_key(total)) == others
    held = sum((EXACT.subtract(high, low) for low, high in kept(before, total)), ZERO)
    places = stretches(before, total, before[total], max(quantity, held) if free else quantity)
    found = {others_key(total): others}
    end = others
    for number, (low, high) in enumerate(places):
        found[_key(total, number, "from")], found[_key(total, number, "to")] = low, high
        end = EXACT.add(end, EXACT.subtract(high, low))
    return {**found, total: end}


def _key(total: str, number: int, side: str) -> str:
    return f"{total}.kept.{number}.{side}"
