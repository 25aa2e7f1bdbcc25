"""The entries told again, up to the very head that the ledger had when something of it was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from points.ledger.entry import Entry, entry_of
from points.ledger.forget import FLOOR_MS
from points.ledger.keys import DAY_MS
from points.ledger.ledger import Ledger
from points.ledger.meant import Before, Commands
from points.ledger.state import Broken, State

CHUNK = 1000
_NAMING = ("refund", "reverse")
"""Kinds whose meaning hangs on entries that may be long ago."""
Following = Callable[[int], Iterable[Entry]]
"""Some entries above a number, in order; none when there are none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing found that is not as the entries say."""

    where: str
    """An entry (`entry 17`), or a key of the ledger."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


class Unlike(Exception):  # noqa: N818 - what was found, not an error of the program
    """The ledger is not as its entries say."""

    def __init__(self, where: str, expected: str, found: str) -> None:
        self.difference = Difference(where, expected, found)
        super().__init__(str(self.difference))


class Retelling:
    """What the entries add up to, kept level with the ledger while postings go on.

    What is written once for each entry (its record, ends of holds, marks) is held against the ledger on the way and
    only counted: `lasting` by sort of key, and `fading`, those old enough that the ledger may forget them.
    """

    def __init__(self, ledger: Ledger, following: Following, progress: Callable[[int], None]) -> None:
        self.state = State()
        self.keys = ledger.keys
        self.head = ""
        """The ledger's head as it was last read, a text."""
        self.lasting: Counter[str] = Counter()
        self.fading: Counter[str] = Counter()
        self.recent: set[str] = set()
        """The keys written once by entries since `remember_recent`, without the district's prefix."""
        self._remembers = False
        self._wire, self._following, self._progress = ledger.wire, following, progress
        self._recalled: dict[str, Entry] = {}
        self._commands = Commands(Before(self.state, ledger.windows, self._record), ledger.now_ms())
        self._read_head(self._wire.ask("GET", self.keys.head))
        self._fades = self._floor + DAY_MS  # the floor may rise meanwhile, though not by a day

    def fold(self, entries: Iterable[Entry]) -> None:
        """Add entries. Raises Unlike when the ledger does not have what they wrote, Broken when they do not follow."""
        source = iter(entries)
        while chunk := list(islice(source, CHUNK)):
            self._recall(chunk)
            for entry in chunk:
                self._add(entry)
            self._compare_finals()
            self._progress(self.state.number)

    def _add(self, entry: Entry) -> None:
        """Add one entry. Raises Broken when it does not follow, or is not what its command means."""
        self.state.need_next(entry)
        try:
            self._commands.check(entry)
            self.state.add(entry)
        except (ValueError, LookupError) as unreadable:
            raise Broken(entry.number, "it cannot be read, or names what is nowhere") from unreadable

    def _recall(self, chunk: Sequence[Entry]) -> None:
        """Have at hand what is undone or refunded in a chunk: from it, or as the ledger has it."""
        ending = [entry for entry in chunk if entry.kind in _NAMING]
        own = {entry.id: entry for entry in chunk} if ending else {}
        self._recalled = self._records([entry.content[0] for entry in ending], own)
        captures = [each.content[0] for each in self._recalled.values() if each.kind == "capture"]
        self._recalled |= self._records(captures, own)

    def _records(self, identifiers: list[str], own: Mapping[str, Entry]) -> dict[str, Entry]:
        """The entries of these ids, by id; without those that are nowhere, or cannot be read."""
        records = {name: own[name] for name in identifiers if name in own}
        names = [name for name in identifiers if name not in own]
        answer = self._wire.ask("MGET", *map(self.keys.record, names)) if names else []
        for name, text in zip(names, answer if isinstance(answer, list) else [], strict=True):
            with suppress(ValueError):
                if isinstance(text, bytes):
                    records[name] = entry_of("", "", text.decode())
        return records

    def _record(self, identifier: str) -> Entry | None:
        """The entry of an id; None when it is so old that the ledger may have forgotten it."""
        found = self._recalled.get(identifier)
        if found is None and not self.fades(f"i:{identifier}"):
            raise LookupError(identifier)
        return found

    def see(self, *commands: tuple[str | int, ...]) -> list[object]:
        """The answers to questions put in one moment; the state is brought to what the ledger was in that moment."""
        answers = self._wire.ask_all([("MULTI",), ("GET", self.keys.head), *commands, ("EXEC",)])
        found = answers[-1]
        if not isinstance(found, list):
            raise TypeError("a transaction answers a list")
        self._reach(self._read_head(found[0]))
        return found[1:]

    def remember_recent(self) -> None:
        """From now on keep which keys are written once."""
        self._remembers = True

    def _read_head(self, text: object) -> int:
        """The number in the head; its time moves the floor."""
        self.head = text.decode(errors="replace") if isinstance(text, bytes) else ""
        self._floor = 0
        if not self.head:
            return 0
        fields = self.head.split("\t")
        if len(fields) != 6 or not (fields[0].isdecimal() and fields[2].isdecimal()):
            raise Unlike(self.keys.head, "number, hash, time, state, run, epoch", self.head)
        self._floor = int(fields[2]) - FLOOR_MS
        return int(fields[0])

    def _reach(self, number: int) -> None:
        while self.state.number < number:
            before = self.state.number
            self.fold(entry for entry in self._following(before) if entry.number <= number)
            if self.state.number == before:
                raise Unlike(self.keys.head, f"entry {before} at the end", f"entry {number}")

    def _compare_finals(self) -> None:
        """What is written once: equal, or forgotten where that is allowed."""
        finals = self.state.finals
        if not finals:
            return
        answer = self._wire.ask("MGET", *[self.keys.prefix + key for key, _ in finals])
        for (key, text), found in zip(finals, answer if isinstance(answer, list) else [], strict=True):
            sort = key[0]
            fades = sort in "ie" and self.fades(key)
            shown = "nothing" if found is None else found.decode(errors="replace")
            forgotten = found is None and fades and _made(key) < self._floor
            if shown != text and not forgotten:
                raise Unlike(self.keys.prefix + key, text, shown)
            (self.fading if fades else self.lasting)[sort] += 1
            if self._remembers:
                self.recent.add(key)
        finals.clear()

    def fades(self, key: str) -> bool:
        """Whether a record, or the end of a hold, is so old that the ledger may forget it, now or soon."""
        return _made(key) < self._fades


def _made(key: str) -> int:
    """The time (ms) in the UUIDv7 of a key such as `i:01...`; the far future for what is none."""
    try:
        return int(key[2:10] + key[11:15], 16)
    except ValueError:
        return 1 << 60
