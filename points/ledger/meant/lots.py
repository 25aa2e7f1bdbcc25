"""What each sort of entry must do to lots, by the purse before it: what is spent, granted and given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from points.ledger.keys import DAY_MS, LATE, LOT
from points.ledger.meant.parts import Part
from points.ledger.state import Lot, Purse, State

CROWD, CROWD_TEXT = 64, 64 * 32
"""A purse of so many lots, whose text is so long, takes no more of a day and fund that it has."""
LOTS_AN_ENTRY = 50
GRACE_MS = 7 * DAY_MS


@dataclass(slots=True)
class Due:
    """Points that come to a resident, and to the accounts that lots came from; and what is said of the lots."""

    back: int
    lost: Counter[str]
    said: list[str]


def account_of(source: str) -> str:
    """The account that a lot's points came from and go back to."""
    return source if ":" in source else f"fund:{source}"


def spent(purse: Purse, points: int, at_ms: int) -> tuple[list[Part], list[int]]:
    """The parts that so many points are taken from, soonest expiry first, and what each lot has left."""
    parts, lefts = [], []
    for (expires, lot), (left, source, earned) in sorted(purse.lots.items()):
        if not points:
            break
        if expires > at_ms:
            used = min(left, points)
            points -= used
            parts.append(Part(expires, lot, used, source, earned))
            lefts.append(left - used)
    return parts, lefts


def granted(state: State, resident: str, part: Part) -> list[str]:
    """A new lot, or what it adds to another in a crowded purse."""
    purse = state.purses.get(resident) or Purse()
    if len(purse.lots) < CROWD or len(purse.text.partition("\n")[2]) < CROWD_TEXT:
        return [_note(resident, part, part.points)]
    day = part.expires // DAY_MS
    for (expires, lot), (left, source, earned) in sorted(purse.lots.items()):
        alike = expires // DAY_MS == day and expires >= part.expires and source == part.source
        if alike and state.marks.get(f"{LOT}{lot}") in (None, "shared"):
            joined = Part(expires, lot, part.points, source, earned)
            return [_note(resident, joined, left + part.points), f"M,{part.lot},{lot}"]
    lasting = Part((day + 1) * DAY_MS - 1, part.lot, part.points, part.source, part.earned)
    return [_note(resident, lasting, part.points)]


def given_back(state: State, resident: str, parts: Iterable[Part], at_ms: int, *, graced: bool = False) -> Due:
    """Parts come back to their lots; of those that are closed or past, to where they came from.

    What is `graced` lives seven days more after its date, once a lot.
    """
    due, lots = Due(0, Counter(), []), (state.purses.get(resident) or Purse()).lots
    for part in parts:
        expires = part.expires
        if graced and expires <= at_ms:
            known, late = state.marks.get(f"{LATE}{part.lot}"), at_ms + GRACE_MS
            expires = int(known or late)
            if not known and state.marks.get(f"{LOT}{part.lot}") != "closed":
                due.said.append(f"W,{part.lot},{late}")
        if state.marks.get(f"{LOT}{part.lot}") == "closed" or expires <= at_ms:
            due.lost[account_of(part.source)] += part.points
            continue
        there: Lot = lots.get((expires, part.lot), (0, "", ""))
        due.back += part.points
        back = Part(expires, part.lot, part.points, part.source, part.earned)
        due.said.append(_note(resident, back, there[0] + part.points))
    return due


def expired(purse: Purse, resident: str, at_ms: int) -> Due:
    """Lots past their time leave, those that expired first, a bounded number at a time."""
    due = Due(0, Counter(), [])
    past = sorted(name for name in purse.lots if name[0] <= at_ms)[:LOTS_AN_ENTRY]
    for expires, lot in past:
        left, source, earned = purse.lots[expires, lot]
        due.lost[account_of(source)] += left
        due.said.append(_note(resident, Part(expires, lot, 0, source, earned), 0))
    return due


def undone(state: State, resident: str, lot: int, most: int) -> tuple[int, list[str]]:
    """What is left of a grant's lot, which closes; of one that grants share, at most what this grant brought."""
    joined, mark = lot, state.marks.get(f"{LOT}{lot}")
    while mark is not None and mark.startswith("in:"):
        joined = int(mark[3:])
        mark = state.marks.get(f"{LOT}{joined}")
    shares = joined != lot or mark == "shared"
    total, said = 0, list[str]()
    for (expires, number), (left, source, earned) in sorted((state.purses.get(resident) or Purse()).lots.items()):
        used = min(left, most - total) if shares else left
        if number == joined and used:
            total += used
            said.append(_note(resident, Part(expires, number, used, source, earned), left - used))
    return total, said if shares else [*said, f"Z,{lot}"]


def noted(resident: str, parts: Iterable[Part], lefts: Iterable[int]) -> list[str]:
    """What is said of lots that were taken from."""
    return [_note(resident, part, left) for part, left in zip(parts, lefts, strict=True)]


def _note(resident: str, part: Part, left: int) -> str:
    return f"L,{resident},{part.lot},{left},{part.source},{part.earned},{part.expires}"
