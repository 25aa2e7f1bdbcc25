"""What a ledger's head says: where it ends, whether it takes postings, in which run of its server and which epoch."""

from __future__ import annotations

from typing import NamedTuple

from points.ledger.entry import GENESIS
from points.ledger.results import Head


class LedgerHead(NamedTuple):
    """The head of one district, `seen_ms` being the highest time that was met."""

    number: int
    hash: str
    seen_ms: int
    state: str
    """`open`, `closed`, `torn` (also where it cannot be read), or `empty` where there is none."""
    run: str
    """The server's run that it is opened for."""
    epoch: int
    """0 before the ledger was first put together from the journal."""

    @property
    def end(self) -> Head:
        return Head(self.number, self.hash)


def read_head(found: object) -> LedgerHead:
    """The head from what its key holds."""
    if not isinstance(found, bytes):
        return LedgerHead(0, GENESIS, 0, "empty", "", 0)
    fields = found.decode().split("\t")
    if len(fields) != 6:
        return LedgerHead(0, GENESIS, 0, "torn", "", 0)
    number, digest, seen, state, run, epoch = fields
    return LedgerHead(int(number), digest, int(seen), state, run, int(epoch) if epoch.isdigit() else 0)
