"""Proof by recomputing: entries are added up again and compared with every key of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from points.ledger.compare import Comparison
from points.ledger.entry import Entry
from points.ledger.ledger import Ledger
from points.ledger.retell import CHUNK, Difference, Following, Retelling, Unlike
from points.ledger.state import Broken
from points.ledger.stream import entries_after

__all__ = ["Difference", "Proof", "verify"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was recomputed: how many entries, residents and open holds, and the first difference, if there is one."""

    entries: int
    residents: int
    holds: int
    difference: Difference | None = None

    @property
    def holds_true(self) -> bool:
        return self.difference is None


def verify(
    entries: Iterable[Entry],
    ledger: Ledger,
    progress: Callable[[int], None] = lambda number: None,
    following: Following | None = None,
) -> Proof:
    """Recompute all balances, lots, holds, stock, counters and ids from entries 1, 2, 3 ... and compare.

    Postings may go on meanwhile: every part of the ledger is read together with its head, and compared with what the
    entries up to that head add up to. `following(number)` hands over some entries above a number, in order, that were
    posted since; by default they are read from the ledger's stream, which must then not be trimmed meanwhile. Ids
    below the floor may have been forgotten. Memory grows with residents, open holds and waiting grants, not with
    entries.
    """
    wire, stream = ledger.wire, ledger.keys.stream
    told = Retelling(ledger, following or (lambda number: entries_after(wire, stream, number, CHUNK)), progress)
    difference: Difference | None = None
    try:
        told.fold(entries)
        Comparison(told).run()
    except Unlike as unlike:
        difference = unlike.difference
    except Broken as broken:
        difference = Difference(f"entry {broken.number}", "an entry that follows from those before", broken.what)
    return Proof(told.state.number, len(told.state.purses), len(told.state.holds), difference)
