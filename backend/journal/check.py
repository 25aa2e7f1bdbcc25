"""Whether ledger and journal say the same: everything is added up again from the entries and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from backend.journal import service
from backend.wiring import ledger, stream
from points.ledger import Entry
from points.ledger.verify import Proof, verify


@dataclass(frozen=True)
class Comparison:
    """What was found for a district."""

    district: str
    broken_row: int | None
    """The first journal row that does not follow from the one before it."""
    proof: Proof | None

    @property
    def holds(self) -> bool:
        return self.broken_row is None and self.proof is not None and self.proof.holds_true

    @property
    def line(self) -> str:
        """The finding, in Chinese and English."""
        if self.broken_row is not None:
            return f"{self.district} 流水第 {self.broken_row} 笔被改动 · journal entry {self.broken_row} was changed"
        proof = self.proof
        if proof is None or proof.difference is not None:
            found = proof.difference if proof else None
            return f"{self.district} 账本与流水不符 · ledger and journal differ: {found}"
        return (
            f"{self.district} 账本与流水一致 · verified: {proof.entries} entries, {proof.residents} residents, "
            f"{proof.holds} open holds"
        )


def compare(district: str, progress: Callable[[int], None] = lambda number: None) -> Comparison:
    """Check the journal's own chain, then recompute the ledger from journal and stream and compare every key."""
    broken = service.first_broken_entry(district)
    if broken is not None:
        return Comparison(district, broken, None)
    return Comparison(district, None, verify(_all_entries(district), ledger(district), progress=progress))


def _all_entries(district: str) -> Iterator[Entry]:
    """The journal, and after it what the stream holds and the journal does not yet."""
    return chain(service.entries(district), _from_stream(district, service.head_number(district)))


def _from_stream(district: str, after: int) -> Iterator[Entry]:
    while found := stream(district).read(after, 1000):
        yield from found
        after = found[-1].number
