"""Whether ledger and journal say the same: everything is added up again from the entries and compared."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from backend.journal.doubt import doubt, settle
from backend.journal.projector import head_number
from backend.journal.reading import RowChanged, entries, sound_entries, uncollected
from backend.journal.roots.checking import RootChanged, RootsCheck
from backend.kit.db import db
from backend.wiring import ledger, stream
from points.ledger import Entry
from points.ledger.verify import Proof, verify

_AT_ONCE = 1000
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

    Everything is read once and in parts: memory does not grow with the journal. Postings may go on: rows and roots are
    checked as far as the journal reached at the start, the ledger with all that is posted meanwhile. `progress` is told
    how many entries are done, and how many there were at the start. A difference `closes` the ledger until a later
    comparison that would close it finds none.
    """
    found = _compare(district, progress)
    if closes and found.holds:
        settle(district)
    elif closes:
        doubt(district, found.line)
    db.session.rollback()  # what was asked for that is no view of the books to go on with
    return found


def _compare(district: str, progress: Progress) -> Comparison:
    total = ledger(district).head().number
    roots = RootsCheck(district)
    try:
        with closing(_journal(district, roots)) as told, uncollected():
            proof = verify(
                told,
                ledger(district),
                progress=lambda number: progress(number, max(total, number)),
                following=lambda number: _following(district, number),
            )
        roots.finish()
    except RowChanged as changed:
        return Comparison(district, changed.number)
    except RootChanged as changed:
        return Comparison(district, None, str(changed))
    finally:
        db.session.rollback()
    return Comparison(district, None, None, proof, roots.checked)


def _journal(district: str, roots: RootsCheck) -> Generator[Entry, None, None]:
    with closing(sound_entries(district)) as read:
        for entry in read:
            roots.add(entry)
            yield entry


def _following(district: str, number: int) -> list[Entry]:
    """Some entries after a number: from the stream, or from the journal when they were copied and trimmed meanwhile."""
    found = stream(district).read(number, _AT_ONCE)
    if found and found[0].number == number + 1:
        return found
    return list(islice(entries(district, number), _AT_ONCE))


def lag(district: str) -> int:
    """How many entries of the ledger the journal does not have yet."""
    return ledger(district).head().number - head_number(district)
