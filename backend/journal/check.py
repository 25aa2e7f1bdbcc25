"""Whether ledger and journal say the same: everything is added up again from the entries and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.journal.doubt import doubt, settle
from backend.journal.projector import head_number
from backend.journal.reading import RowChanged, sound_entries, uncollected
from backend.journal.roots.checking import RootChanged, RootsCheck
from backend.kit.db import db
from backend.wiring import ledger, stream
from points.ledger import Entry
from points.ledger.verify import Proof, verify

TRIES = 3
"""How often a comparison is made anew when postings came between; the last one is told."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Comparison:
    """What was found for a district: its first difference, or that there is none."""

    district: str
    broken_row: int | None
    """The first journal row that is not as it was written."""
    broken_root: str | None = None
    """The first published root that the entries do not make, and why."""
    proof: Proof | None = None
    roots: int = 0

    @property
    def holds(self) -> bool:
        whole = self.broken_row is None and self.broken_root is None
        return whole and self.proof is not None and self.proof.holds_true

    @property
    def line(self) -> str:
        """The finding, in Chinese and English."""
        if self.broken_row is not None:
            return f"{self.district} 流水第 {self.broken_row} 笔被改动 · journal entry {self.broken_row} was changed"
        if self.broken_root is not None:
            return f"{self.district} 公布的每日根值不符 · a published root does not hold: {self.broken_root}"
        proof = self.proof
        if proof is None or proof.difference is not None:
            found = proof.difference if proof else None
            return f"{self.district} 账本与流水不符 · ledger and journal differ: {found}"
        return (
            f"{self.district} 账本与流水一致 · verified: {proof.entries} entries, {proof.residents} residents, "
            f"{proof.holds} open holds, {self.roots} roots"
        )


def compare(district: str, progress: Progress = lambda done, total: None, *, closes: bool = False) -> Comparison:
    """Check the journal row by row and its roots, recompute the ledger from it and the stream, compare every key.

    Everything is read once and in parts: memory does not grow with the journal. `progress` is told how many entries
    are done, and how many there are. A difference `closes` the ledger until a later comparison that would close it
    finds none.
    """
    found = _compare(district, progress)
    for _ in range(TRIES - 1):
        if found.proof is None or found.proof.holds_true or ledger(district).head().number == found.proof.entries:
            break
        found = _compare(district, progress)
    moved = found.proof is not None and not found.holds and ledger(district).head().number != found.proof.entries
    if closes and found.holds:
        settle(district)
    elif closes and not moved:  # postings came between every time: that proves nothing against the ledger
        doubt(district, found.line)
    return found


def _compare(district: str, progress: Progress) -> Comparison:
    total = ledger(district).head().number
    roots = RootsCheck(district)
    try:
        entries = _all_entries(district, roots)
        with uncollected():
            proof = verify(entries, ledger(district), progress=lambda number: progress(number, max(total, number)))
        roots.finish()
    except RowChanged as changed:
        return Comparison(district, changed.number)
    except RootChanged as changed:
        return Comparison(district, None, str(changed))
    finally:
        db.session.rollback()
    return Comparison(district, None, None, proof, roots.checked)


def _all_entries(district: str, roots: RootsCheck) -> Iterator[Entry]:
    """The journal, and after it what the stream holds and the journal does not yet."""
    number = 0
    for entry in sound_entries(district):
        roots.add(entry)
        number = entry.number
        yield entry
    while found := stream(district).read(number, 1000):
        yield from found
        number = found[-1].number


def lag(district: str) -> int:
    """How many entries of the ledger the journal does not have yet."""
    return ledger(district).head().number - head_number(district)
