"""What the ledger may forget: ids below the floor, whose entries the journal keeps; and how it is reminded."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from points.ledger.entry import Entry
from points.ledger.keys import Keys
from points.ledger.script import forgetting
from points.ledger.wire import Wire

FLOOR_MS = 30 * 86_400_000
"""How far the floor stays behind the highest time the ledger has seen."""
_AT_ONCE = 100


class Memory:
    """Forgets records of old ids, and puts one back when something that was forgotten must be undone."""

    def __init__(self, wire: Wire, keys: Keys) -> None:
        self._wire, self._keys = wire, keys
        self._script = forgetting()

    def forget(self, entries: Iterable[Entry]) -> int:
        """Forget the ids of these entries that are below the floor; answers how many.

        The journal must have committed them. Grants that wait for their day and holds that have not ended stay. Below
        the floor an unknown id is refused as `id_expired`, never posted anew.
        """
        named = iter(entry for entry in entries if entry.fingerprint)
        gone = 0
        while chunk := list(islice(named, _AT_ONCE)):
            keys, args = [self._keys.head], []
            for entry in chunk:
                keys += [self._keys.record(entry.id), self._other(entry)]
                args += [entry.id, entry.kind]
            answer = self._wire.call(self._script, keys, args)
            gone += answer if isinstance(answer, int) else 0
        return gone

    def _other(self, entry: Entry) -> str:
        if entry.kind == "earn":
            return self._keys.opens(int(entry.content[5] or 0))
        return self._keys.end(entry.id)

    def remind(self, entry: Entry) -> None:
        """Put a forgotten record back, as the journal has it."""
        self._wire.ask("SET", self._keys.record(entry.id), entry.text, "NX")
