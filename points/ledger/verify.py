"""Proof by recomputing: entries are added up again and compared with every key of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from points.clock import to_ms
from points.ids import time_of
from points.ledger.entry import Entry, chained
from points.ledger.forget import FLOOR_MS
from points.ledger.keys import CLOSED, DAY_MS
from points.ledger.ledger import Ledger
from points.ledger.rebuild import read_tally
from points.ledger.state import Broken, State

_CHUNK = 1000
_OTHERS = frozenset({"head", "entries", "accounts", "holds", "days", "due", "opens", "waited"})
"""Keys that are compared as a whole, or only help to find what is due."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing found that is not as the entries say."""

    where: str
    """An entry (`entry 17`), or a key of the ledger."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


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
) -> Proof:
    """Recompute all balances, lots, holds, stock, counters and ids from entries 1, 2, 3 ... and compare.

    `entries` must reach the ledger's head, and nothing may be posted meanwhile. Ids below the floor may have been
    forgotten. Memory grows with residents, not with entries.
    """
    check = _Verify(ledger)
    difference: Difference | None
    try:
        difference = check.fold(entries, progress) or check.compare()
    except Broken as broken:
        difference = Difference(f"entry {broken.number}", "an entry that follows from those before", broken.what)
    return Proof(check.state.number, len(check.state.purses), len(check.state.holds), difference)


class _Verify:
    def __init__(self, ledger: Ledger) -> None:
        self.state = State()
        self._ask, self._keys = ledger.wire.ask, ledger.keys
        head = self._ask("GET", self._keys.head)
        self._floor = int(head.split(b"\t")[2]) - FLOOR_MS if isinstance(head, bytes) else 0
        self._finals = dict.fromkeys("iexy", 0)

    def fold(self, entries: Iterable[Entry], progress: Callable[[int], None]) -> Difference | None:
        source = iter(entries)
        while chunk := list(islice(source, _CHUNK)):
            for entry in chunk:
                self.state.apply(entry)
            found = self._compare_finals()
            if found:
                return found
            self.state.finals.clear()
            progress(self.state.number)
        return None

    def _compare_finals(self) -> Difference | None:
        """What is written once: equal, or forgotten where that is allowed."""
        answer = (
            self._ask("MGET", *[self._keys.prefix + key for key, _ in self.state.finals]) if self.state.finals else []
        )
        for (key, text), found in zip(self.state.finals, answer if isinstance(answer, list) else [], strict=True):
            if found is not None and found.decode() == text:
                self._finals[key[0]] += 1
            elif found is not None or key[0] not in "ie" or to_ms(time_of(key[2:])) >= self._floor:
                return Difference(self._keys.prefix + key, text, "nothing" if found is None else found.decode())
        return None

    def _compare_strings(self, wanted: Iterable[tuple[str, str]]) -> Difference | None:
        source = iter(wanted)
        while part := list(islice(source, _CHUNK)):
            answer = self._ask("MGET", *[self._keys.prefix + key for key, _ in part])
            for (key, text), found in zip(part, answer if isinstance(answer, list) else [], strict=True):
                if found is None or found.decode() != text:
                    return Difference(self._keys.prefix + key, text, "nothing" if found is None else found.decode())
        return None

    def compare(self) -> Difference | None:
        """Every key of the ledger against what the entries add up to."""
        for step in (self._head, self._accounts, self._purses, self._indexes, self._strays, self._entries):
            found = step()
            if found:
                return found
        return None

    def _head(self) -> Difference | None:
        found = self._ask("GET", self._keys.head)
        state = self.state
        wanted = f"{state.number}\t{state.hash}\t{state.at_ms}\t"
        text = found.decode() if isinstance(found, bytes) else ""
        if text.startswith(wanted) or (not text and state.number == 0):
            return None
        return Difference(self._keys.head, wanted, text or "nothing")

    def _hash(self, key: str) -> dict[str, str]:
        found = self._ask("HGETALL", key)
        listed = found if isinstance(found, list) else []
        return {k.decode(): v.decode() for k, v in zip(listed[::2], listed[1::2], strict=True)}

    def _accounts(self) -> Difference | None:
        """Balances, who is closed, and what is unusual about lots."""
        state = self.state
        wanted = {name: str(points) for name, points in state.accounts.items()}
        wanted |= {CLOSED + subject: number for subject, number in state.gates.items()}
        wanted |= state.marks
        found = {
            name: value for name, value in self._hash(self._keys.accounts).items() if value != "0" or name in wanted
        }
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                return Difference(
                    f"{self._keys.accounts} {name}", wanted.get(name, "nothing"), found.get(name, "nothing")
                )
        return None

    def _purses(self) -> Difference | None:
        state = self.state
        wanted = [(f"r:{name}", purse.text) for name, purse in state.purses.items()]
        wanted += [(f"c:{name}", str(count)) for name, count in state.counters.items()]
        wanted += [(f"f:{name}", str(points)) for name, points in state.refunded.items()]
        wanted += [(f"s:{offer}", str(left)) for offer, left in state.stock.items()]
        for offer, (terms, card) in state.terms.items():
            wanted += [(f"o:{offer}", terms), (f"k:{offer}", card)]
        found = self._compare_strings(wanted)
        if found:
            return found
        for name, tally in state.tallies.items():
            key = f"{self._keys.prefix}q:{name}"
            text = self._ask("GET", key)
            if not isinstance(text, bytes) or read_tally(text.decode()) != tally:
                return Difference(key, str(tally), str(text))
        return None

    def _indexes(self) -> Difference | None:
        holds = self._scores(self._keys.holds)
        if holds != self.state.holds:
            return Difference(self._keys.holds, *_first_unlike(self.state.holds, holds))
        waiting: dict[str, int] = {}
        for day in {opens // DAY_MS for opens in self.state.waiting.values()}:
            waiting |= self._scores(self._keys.opens(day * DAY_MS))
        if waiting != self.state.waiting:
            return Difference(self._keys.prefix + "opens", *_first_unlike(self.state.waiting, waiting))
        listed = self._scores(self._keys.days)
        needed = {f"o:{opens // DAY_MS}" for opens in self.state.waiting.values()}
        needed |= {f"l:{expires // DAY_MS}" for purse in self.state.purses.values() for expires, _ in purse.lots}
        for name in sorted(needed | listed.keys()):
            if name not in listed or name not in (f"l:{listed[name]}", f"o:{listed[name]}"):
                return Difference(self._keys.days, name, str(listed.get(name, "nothing")))
        for resident, purse in self.state.purses.items():
            for expires, _ in purse.lots:
                if self._ask("ZSCORE", self._keys.due(expires), resident) is None:
                    return Difference(self._keys.due(expires), resident, "nothing")
        return None

    def _scores(self, key: str) -> dict[str, int]:
        found = self._ask("ZRANGE", key, 0, -1, "WITHSCORES")
        listed = found if isinstance(found, list) else []
        return {name.decode(): int(score) for name, score in zip(listed[::2], listed[1::2], strict=True)}

    def _entries(self) -> Difference | None:
        """What the ledger still has of its entries: each is as it was hashed, and the last is the head."""
        after = "-"
        prev, number = "", 0
        while True:
            found = self._ask("XRANGE", self._keys.stream, after, "+", "COUNT", _CHUNK)
            if not isinstance(found, list) or not found:
                break
            for name, fields in found:
                before, digest, text = (each.decode(errors="replace") for each in fields[1::2])
                said = text.split("\t", 1)[0]
                follows = not number or (before == prev and said == str(number + 1))
                if chained(before, text) != digest or not follows or name.decode() != f"{said}-0":
                    return Difference(f"{self._keys.stream} {name.decode()}", "the entry that was hashed", text)
                prev, number = digest, int(said)
            after = f"({number}-0"
        if number and (number, prev) != (self.state.number, self.state.hash):
            return Difference(self._keys.stream, f"entry {self.state.number} at the end", f"entry {number}")
        return None

    def _strays(self) -> Difference | None:
        """Keys that no entry explains: more of a sort than there should be."""
        state = self.state
        wanted = {
            **self._finals,
            "r": len(state.purses),
            "c": len(state.counters),
            "q": len(state.tallies),
            "f": len(state.refunded),
            "o": len(state.terms),
            "k": len(state.terms),
            "s": len(state.stock),
        }
        if self._count(self._all_keys()) == wanted:
            return None
        for key in self._all_keys():
            sort = key[len(self._keys.prefix) :].partition(":")[0]
            if sort not in wanted and sort not in _OTHERS:
                return Difference(key, "no such key", "one")
        found = self._count(set(self._all_keys()))  # a key may be listed twice while the server rehashes
        for sort, count in wanted.items():
            if found[sort] != count:
                return Difference(f"{self._keys.prefix}{sort}:*", f"{count} keys", f"{found[sort]}")
        return None

    def _count(self, keys: Iterable[str]) -> dict[str, int]:
        counted = dict.fromkeys("iexyrcqfoks", 0)
        for key in keys:
            sort = key[len(self._keys.prefix) :].partition(":")[0]
            if sort not in _OTHERS:
                counted[sort] = counted.get(sort, 0) + 1
        return counted

    def _all_keys(self) -> Iterator[str]:
        cursor: str | int = 0
        while True:
            answer = self._ask("SCAN", cursor, "MATCH", self._keys.prefix + "*", "COUNT", 1000)
            if not isinstance(answer, list):
                return
            yield from (key.decode() for key in answer[1])
            cursor = int(answer[0])
            if cursor == 0:
                return


def _first_unlike(wanted: dict[str, int], found: dict[str, int]) -> tuple[str, str]:
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            return f"{name} {wanted.get(name, 'nothing')}", f"{name} {found.get(name, 'nothing')}"
    return "the same", "the same"
