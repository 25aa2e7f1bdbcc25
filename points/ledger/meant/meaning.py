"""What an entry says, compared with what it means: its amount, its legs and the changes it tells of."""

from __future__ import annotations

from typing import NamedTuple

from points.ledger.chart import WORLD
from points.ledger.entry import Entry

_MAY_OWE = (WORLD, "clearing:")
_OF_LOTS = frozenset("LTZMW")
_IN_ORDER = frozenset("CT")
"""Changes whose order means something: caps count as they were named, the lots of a hold as they are spent."""


class Meaning(NamedTuple):
    """What an entry must say by its command: points in all, by account, and the changes that are no leg."""

    amount: int
    legs: list[tuple[str, int]]
    """Those of no points are not said."""
    changes: list[str]


NOTHING = Meaning(0, [], [])


def as_posted(entry: Entry, changes: list[str]) -> Meaning:
    """What follows from an entry that is forgotten: points and lots as they were posted, and these changes."""
    lots = [change for change in entry.changes if change[0] in _OF_LOTS]
    return Meaning(entry.amount, [(leg.account, leg.amount) for leg in entry.legs], [*lots, *changes])


def difference(entry: Entry, meant: Meaning) -> str | None:
    """The first way in which an entry is not as it is meant, or None."""
    if entry.amount < 0:
        return f"it is of {entry.amount} points"
    if entry.amount != meant.amount:
        return f"it is of {entry.amount} points, not {meant.amount}"
    said = [(leg.account, leg.amount) for leg in entry.legs]
    wanted = [leg for leg in meant.legs if leg[1]]
    if said != wanted and sorted(said) != sorted(wanted):
        return f"it moves {_shown(said)}, not {_shown(wanted)}"
    changes = list(entry.changes)
    if changes != meant.changes and sorted(changes, key=_place) != sorted(meant.changes, key=_place):
        return _unlike(changes, meant.changes)
    for leg in entry.legs:
        if leg.balance < 0 and not leg.account.startswith(_MAY_OWE):
            return f"{leg.account} is below zero: {leg.balance}"
    return None


def _place(change: str) -> tuple[str, str]:
    return (change[0], "" if change[0] in _IN_ORDER else change)


def _unlike(said: list[str], meant: list[str]) -> str:
    """The first change that is said and not meant, beside the first of its sort that is meant and not said."""
    wrong, unsaid = sorted(set(said) - set(meant)), sorted(set(meant) - set(said))
    if not wrong and not unsaid:
        return "it says something twice, or in another order"
    alike = [change for change in unsaid if wrong and change[0] == wrong[0][0]]
    return _in_words(*wrong[:1] or [""], *(alike or unsaid)[:1] or [""])


def _in_words(said: str, meant: str) -> str:
    match said.split(",", 2), meant.split(",", 2):
        case ["S", offer, found], ["S", same, left] if same == offer:
            return f"the stock of {offer} is {left}, not {found}"
        case ["C", found, cap], ["C", count, same] if same == cap:
            return f"{count} points count against {cap}, not {found}"
    return f"it says {said or 'nothing'}, not {meant or 'nothing'}"


def _shown(legs: list[tuple[str, int]]) -> str:
    return ", ".join(f"{points:+} {name}" for name, points in sorted(legs)) or "nothing"
