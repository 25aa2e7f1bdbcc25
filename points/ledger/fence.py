"""Whether the ledger is the one it was: matched with the journal before a run of the server takes postings."""

from __future__ import annotations

from points.errors import Refused
from points.ledger import refusals as no
from points.ledger.entry import GENESIS
from points.ledger.heads import read_head
from points.ledger.keys import Keys
from points.ledger.results import Head
from points.ledger.script import Script, opening
from points.ledger.wire import Wire


class Fence:
    """Opens one district's ledger for the run of the server it is in."""

    def __init__(self, wire: Wire, keys: Keys) -> None:
        self._wire, self._keys = wire, keys
        self._script: Script = opening()

    def open(self, journal: Head, epoch: int, seen: int = 0) -> Head:
        """Match the ledger with the journal's last entry and open it; answers the ledger's head.

        The ledger may have more than the journal, never less, and never something else; and no less than was `seen`.
        Refused: `ledger_torn`, `ledger_behind` (catch up from the journal first), `ledger_lacks`, `ledger_forked` (they
        tell different histories), `ledger_epoch` (it is not the one that was last put together from the journal).
        """
        for _ in range(5):
            head, own = self._head()
            try:
                self._match(head, journal)
            except Refused:
                if self._head()[0] == head:
                    raise
                continue  # it was opened already, and posted to between two looks
            if own != epoch:
                raise no.LEDGER_EPOCH(ledger=own, journal=epoch)
            if head.number < seen:
                raise no.LEDGER_LACKS(ledger=head.number, seen=seen)
            answer = self._wire.run(self._script, (self._keys.head,), (str(head.number), head.hash, "open"))
            if answer == b"1":
                return head
            if isinstance(answer, bytes) and answer[:1] == b"!":
                raise no.LEDGER_TORN()
        raise no.LEDGER_CLOSED(why="the head kept moving")

    def close(self) -> None:
        """Take no postings until somebody opens the ledger again."""
        answer = b"?"
        while answer == b"?":
            head, _ = self._head()
            found = self._wire.run(self._script, (self._keys.head,), (str(head.number), head.hash, "closed"))
            answer = found if isinstance(found, bytes) else b""

    def _head(self) -> tuple[Head, int]:
        found = read_head(self._wire.ask("GET", self._keys.head))
        if found.state == "torn":
            raise no.LEDGER_TORN()
        return found.end, found.epoch

    def _match(self, head: Head, journal: Head) -> None:
        if head.number < journal.number:
            raise no.LEDGER_BEHIND(ledger=head.number, journal=journal.number)
        if self._hash_at(journal.number, head) != journal.hash:
            raise no.LEDGER_FORKED(number=journal.number)
        last = self._wire.ask("XREVRANGE", self._keys.stream, "+", "-", "COUNT", 1)
        if not isinstance(last, list) or not last:
            if head.number > journal.number:
                raise no.LEDGER_FORKED(number=head.number)
        elif last[0][0] != b"%d-0" % head.number or last[0][1][3].decode() != head.hash:
            raise no.LEDGER_FORKED(number=head.number)

    def _hash_at(self, number: int, head: Head) -> str | None:
        """The hash of an entry as the ledger has it; of a trimmed one, as the entry after it says."""
        if number == head.number:
            return head.hash
        if number == 0:
            return GENESIS
        found = self._wire.ask("XRANGE", self._keys.stream, f"{number}-0", f"{number + 1}-0", "COUNT", 2)
        for name, fields in found if isinstance(found, list) else []:
            return str(fields[3 if name == b"%d-0" % number else 1].decode())
        return None
