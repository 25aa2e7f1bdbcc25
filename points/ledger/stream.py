"""The entries of the ledger in their order, as the projector reads them."""

from __future__ import annotations

from typing import NamedTuple

from points.ledger.cluster import Client
from points.ledger.entry import Entry, chained, entry_of, number_of
from points.ledger.heads import read_head
from points.ledger.keys import Keys
from points.ledger.wire import Wire


class Written(NamedTuple):
    """An entry as it stands in the stream, not taken apart."""

    prev: str
    hash: str
    text: str

    @property
    def number(self) -> int:
        return number_of(self.text)

    @property
    def is_true(self) -> bool:
        """Whether the hash is the one that the text and the hash before it make."""
        return chained(self.prev, self.text) == self.hash


class Stream:
    """The stream of one district: entries by number, until they are trimmed."""

    def __init__(self, client: Client, district: str) -> None:
        keys = Keys(district)
        self._wire, self._key, self._head = Wire(client, keys.prefix), keys.stream, keys.head

    def read(self, after_number: int, count: int = 500) -> list[Entry]:
        """At most `count` entries numbered above `after_number`, in order; there is no gap but a trimmed start."""
        return entries_after(self._wire, self._key, after_number, count)

    def written(self, after_number: int, count: int = 500) -> tuple[int, list[Written]]:
        """The same, not taken apart, and the epoch of the ledger they are read from."""
        listing = ("XRANGE", self._key, f"{after_number + 1}-0", "+", "COUNT", count)
        found, head = self._wire.ask_all([listing, ("GET", self._head)])
        return read_head(head).epoch, _written(found)

    def wait(self, after_number: int, seconds: float) -> bool:
        """Whether an entry above `after_number` is there, waiting for one for at most `seconds` (below 5)."""
        found = self._wire.ask(
            "XREAD", "COUNT", 1, "BLOCK", max(1, int(seconds * 1000)), "STREAMS", self._key, f"{after_number}-0"
        )
        return bool(found)

    def trim(self, up_to_number: int) -> int:
        """Drop entries with numbers up to this one, which the journal has committed; answers how many went."""
        gone = self._wire.ask("XTRIM", self._key, "MINID", "=", f"{up_to_number + 1}-0")
        return gone if isinstance(gone, int) else 0

    def length(self) -> int:
        """How many entries are in the stream."""
        found = self._wire.ask("XLEN", self._key)
        return found if isinstance(found, int) else 0


def entries_after(wire: Wire, stream: str, number: int, count: int) -> list[Entry]:
    """At most `count` entries of a stream, by its key, numbered above `number`."""
    found = wire.ask("XRANGE", stream, f"{number + 1}-0", "+", "COUNT", count)
    return [entry_of(*entry) for entry in _written(found)]


def _written(found: object) -> list[Written]:
    listed = found if isinstance(found, list) else []
    return [Written(fields[1].decode(), fields[3].decode(), fields[5].decode()) for _, fields in listed]
