"""The way back: entries of the journal are put into Redis again, in chunks that are each whole or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from points.ledger.cluster import Client
from points.ledger.entry import GENESIS, Entry
from points.ledger.keys import BESIDE, CLOSED, DAY_MS, Keys
from points.ledger.results import Head
from points.ledger.state import Purse, State
from points.ledger.wire import Wire

CHUNK = 1000
Progress = Callable[[int], None]


class Replay:
    """Puts entries after the ledger's own last one into its keys. The ledger is closed from the first chunk on.

    Each chunk is one transaction, so a replay that is broken off goes on where it stopped. Memory does not grow with
    the number of entries: what a chunk touches is read before it and written with it. `epoch` is the one that begins
    with it (None: it goes on in its own); it is written before the first entry, so what is half filled has it too.
    """

    def __init__(self, client: Client, district: str, epoch: int | None = None) -> None:
        self.keys = Keys(district)
        self._wire = Wire(client, self.keys.prefix)
        self._epoch, self._wanted = "0", epoch
        self._streamed = False

    def run(self, entries: Iterable[Entry], progress: Progress = lambda number: None) -> Head:
        """Replay entries that follow the ledger's head; answers the new head. Raises Broken when they do not follow.

        The ledger stays closed; it is opened by whoever has matched it with the journal.
        """
        state = self._state()
        self._begin(state)
        source = iter(entries)
        while chunk := list(islice(source, CHUNK)):
            self._load(state, chunk)
            for entry in chunk:
                state.apply(entry)
            self._write(state, chunk)
            progress(state.number)
        return Head(state.number, state.hash)

    def _begin(self, state: State) -> None:
        if self._wanted is not None and self._epoch != str(self._wanted):
            self._epoch = str(self._wanted)
            self._wire.ask("SET", self.keys.head, self._head(state))

    def _head(self, state: State) -> str:
        return "\t".join((str(state.number), state.hash, str(state.at_ms), "closed", "", self._epoch))

    def _state(self) -> State:
        state = State()
        self._streamed = self._wire.ask("XLEN", self.keys.stream) != 0
        head = self._wire.ask("GET", self.keys.head)
        if isinstance(head, bytes):
            number, state.hash, at, _, _, self._epoch = head.decode().split("\t")
            state.number, state.at_ms = int(number), int(at)
        else:
            state.hash = GENESIS
        found = self._wire.ask("HGETALL", self.keys.accounts)
        listed = found if isinstance(found, list) else []
        fields = [(k.decode(), v) for k, v in zip(listed[::2], listed[1::2], strict=True)]
        state.accounts = {name: int(points) for name, points in fields if not name.startswith(BESIDE)}
        return state

    def _load(self, state: State, chunk: Sequence[Entry]) -> None:
        """Read the purses and tallies that a chunk touches; forget what the last one touched."""
        state.finals.clear()
        for kept in (state.counters, state.stock, state.terms, state.marks, state.refunded, state.gates):
            kept.clear()
        state.holds.clear()
        state.waiting.clear()
        residents = dict.fromkeys(resident for entry in chunk for resident in _residents(entry))
        state.purses = {}
        for name, text in self._strings("r:", residents):
            state.purses[name] = Purse.read(text)
        tallies = dict.fromkeys(
            ":".join(change.split(",")[1:3]) for entry in chunk for change in entry.changes if change[0] == "Q"
        )
        state.tallies = {}
        for name, text in self._strings("q:", tallies):
            state.tallies[name] = read_tally(text)

    def _strings(self, sort: str, names: Iterable[str]) -> list[tuple[str, str]]:
        listed = list(names)
        if not listed:
            return []
        found = self._wire.ask("MGET", *[f"{self.keys.prefix}{sort}{name}" for name in listed])
        texts = found if isinstance(found, list) else []
        return [(name, text.decode()) for name, text in zip(listed, texts, strict=True) if text is not None]

    def _write(self, state: State, chunk: Sequence[Entry]) -> None:
        commands: list[Sequence[str | int]] = [("MULTI",)]
        prefix = self.keys.prefix
        strings = [(prefix + key, value) for key, value in state.finals]
        strings += [(f"{prefix}r:{name}", purse.text) for name, purse in state.purses.items()]
        strings += [(f"{prefix}c:{name}", str(count)) for name, count in state.counters.items()]
        strings += [(f"{prefix}q:{name}", tally_text(tally)) for name, tally in state.tallies.items()]
        strings += [(f"{prefix}f:{name}", str(points)) for name, points in state.refunded.items()]
        for offer, (terms, card) in state.terms.items():
            strings += [(self.keys.terms(offer), terms), (self.keys.card(offer), card)]
        strings += [(self.keys.stock(offer), str(left)) for offer, left in state.stock.items()]
        strings.append((self.keys.head, self._head(state)))
        commands.append(("MSET", *[each for pair in strings for each in pair]))
        if state.accounts:
            commands.append(("HSET", self.keys.accounts, *_flat(state.accounts)))
        if state.marks:
            commands.append(("HSET", self.keys.accounts, *_flat(state.marks)))
        for entry in chunk:
            commands += self._indexes(entry)
            if self._streamed:  # a stream that has older entries goes on without a gap; an empty one stays so
                name = f"{entry.number}-0"
                commands.append(("XADD", self.keys.stream, name, "p", entry.prev, "h", entry.hash, "t", entry.text))
        commands.append(("EXEC",))
        self._wire.ask_all(commands)

    def _indexes(self, entry: Entry) -> list[Sequence[str | int]]:
        """What the sweep will look for, and who is closed."""
        made: list[Sequence[str | int]] = []
        match entry.kind:
            case "hold":
                made.append(("ZADD", self.keys.holds, entry.content[3], entry.id))
            case "earn" if any(leg.account == "pending" for leg in entry.legs):
                made.append(("ZADD", self.keys.opens(int(entry.content[5])), entry.content[5], entry.id))
                made.append(self._day("o", int(entry.content[5])))
            case "open":
                made += self._struck(entry)
            case "reverse":
                made += self._struck(entry)
            case "set_gate" if entry.content[1] == "1":
                made.append(("HDEL", self.keys.accounts, CLOSED + entry.content[0]))
            case "set_gate":
                made.append(("HSET", self.keys.accounts, CLOSED + entry.content[0], entry.number))
        for change in entry.changes:
            if change[0] == "E":
                made.append(("ZREM", self.keys.holds, change.split(",")[1]))
            elif change[0] == "L" and (part := change.split(","))[3] != "0":
                made.append(("ZADD", self.keys.due(int(part[6])), "LT", part[6], part[1]))
                made.append(self._day("l", int(part[6])))
        return made

    def _struck(self, entry: Entry) -> list[Sequence[str | int]]:
        """A grant that opened, or was undone, waits no more."""
        waited = [change.split(",")[3] for change in entry.changes if change[0] == "P"]
        return [("ZREM", self.keys.opens(int(opens)), entry.content[0]) for opens in waited]

    def _day(self, sort: str, ms: int) -> Sequence[str | int]:
        return ("ZADD", self.keys.days, ms // DAY_MS, f"{sort}:{ms // DAY_MS}")


def read_tally(text: str) -> dict[str, tuple[str, int]]:
    """What the ledger keeps of a resident's windows: `period window count;` and again."""
    parts = [each.split(" ") for each in text.split(";")[:-1]]
    return {period: (window, int(count)) for period, window, count in parts}


def tally_text(tally: dict[str, tuple[str, int]]) -> str:
    return "".join([f"{period} {window} {count};" for period, (window, count) in tally.items()])


def _flat(pairs: dict[str, int] | dict[str, str]) -> list[str | int]:
    return [each for pair in pairs.items() for each in pair]


def _residents(entry: Entry) -> list[str]:
    named = [leg.account[9:] for leg in entry.legs if leg.account.startswith("resident:")]
    return named + [change.split(",")[1] for change in entry.changes if change[0] in "LHP"]
