"""Step: the arithmetic of a grant, one line at a time; the deltas of all lines add up to the amount."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from points.rules.texts import Text

EXACT = Context(prec=600, traps=[Inexact])
"""Sums and products here are exact; a number that would have to be cut is a fault."""


class Step(NamedTuple):
    """What one part of a rule added. `numbers` are those its sentence speaks of, in the order given below.

    | kind | numbers | says |
    |---|---|---|
    | quantity | declared, counted | only so much of it counts (delta 0) |
    | each | points | so many points a time |
    | rate | points, quantity | points times quantity |
    | table | points | the entry of a table |
    | assessed | points, from, to | what the reviewer set within the range |
    | band | points, quantity, from, to or None | this part at the rate of its band |
    | band_each | points, from, to or None | so many points a time while one stands in this band |
    | milestone | points, at | a sum on reaching a total |
    | turn | points, number of this reporter | first in full, later ones less |
    | factor | factor, before | the coefficient's share |
    | most | ceiling, before | not more than this for one deed |
    | round | before, after | to whole points |
    | store | ceiling, stored, over | what no longer fits goes to donation |
    | weekends | year | the notice counted Monday to Friday of a year whose holidays nobody knew (delta 0) |
    """

    kind: str
    delta: Decimal
    title: Text
    numbers: tuple[Decimal | None, ...]


def marks_of(steps: tuple[Step, ...]) -> tuple[Decimal, ...]:
    """The milestones that a grant paid."""
    return tuple(step.numbers[1] for step in steps if step.kind == "milestone" and step.numbers[1] is not None)
