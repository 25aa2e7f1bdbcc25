"""Step: a rule that never speaks because several higher ones take all its deeds between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from points.rules.conditions import WORDS, Between, Condition, OneOf, imply

MOST_CELLS, MOST_RULES = 512, 20
"""Beyond these nobody looks; a rule that is not found here is only silent, never wrong."""
_WHOLE = {name: frozenset(WORDS[name]) for name in ("kind", "weekday", "day")}
"""Of these every deed has one of the words; of others it may have none."""

Conditions = tuple[Condition, ...]


def covered(low: Conditions, highs: Sequence[Conditions]) -> bool:
    """Whether each deed that meets `low` meets one of `highs`, looked at cell by cell of what they tell apart."""
    if not 1 < len(highs) <= MOST_RULES:
        return False
    cells: list[Conditions] = [low]
    for what in sorted({each.what for high in highs for each in high}):
        cells = [cell for each in cells for cell in _split(each, what, highs)]
        if len(cells) > MOST_CELLS:
            return False
    return all(any(imply(cell, high) for high in highs) for cell in cells)


def _split(cell: Conditions, what: str, highs: Sequence[Conditions]) -> Iterable[Conditions]:
    """The cell cut along one dimension, where the higher rules make a difference in it."""
    theirs = [each for high in highs for each in high if each.what == what]
    mine = next((each for each in cell if each.what == what), None)
    rest = tuple(each for each in cell if each is not mine)
    parts = _words(what, mine, theirs) if isinstance(theirs[0], OneOf) else _ranges(mine, theirs)
    return [(*rest, part) for part in parts] if parts else [cell]


def _words(what: str, mine: Condition | None, theirs: Sequence[Condition]) -> list[Condition]:
    known = [each for each in theirs if isinstance(each, OneOf)]
    if mine is not None and not isinstance(mine, OneOf):
        return []
    named = frozenset(value for each in known for value in each.values)
    read = known[0].read
    if mine is not None and not mine.negated:
        return [OneOf(what, frozenset({value}), False, read) for value in mine.values]
    every = _WHOLE.get(what, named) | named
    taken = mine.values if mine is not None else frozenset()
    parts: list[Condition] = [OneOf(what, frozenset({value}), False, read) for value in every - taken]
    return parts if what in _WHOLE else [*parts, OneOf(what, every | taken, True, read)]


def _ranges(mine: Condition | None, theirs: Sequence[Condition]) -> list[Condition]:
    known = [each for each in theirs if isinstance(each, Between)]
    if not known or (mine is not None and not isinstance(mine, Between)):
        return []
    first = known[0]
    all_of = [*known, *([mine] if isinstance(mine, Between) else [])]
    edges: list[Any] = sorted(
        {edge for each in all_of for piece in each.pieces() for edge in piece if edge is not None}
    )
    parts = [Between(first.what, a, b, first.read, first.words) for a, b in pairwise([None, *edges, None])]
    return [part for part in parts if mine is None or part.implies(mine)]
