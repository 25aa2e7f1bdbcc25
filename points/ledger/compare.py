"""Every key of the ledger against what the entries add up to, part by part, while postings go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from points.ledger.entry import chained
from points.ledger.keys import CLOSED, DAY_MS
from points.ledger.rebuild import read_tally
from points.ledger.retell import CHUNK, Retelling, Unlike

_OTHERS = frozenset({"head", "entries", "accounts", "holds", "days", "due", "waited"})
"""Keys that are compared as a whole, or only help to find what is due."""
_FINALS = frozenset("iexy")
_LOTS_AT_ONCE = 500


class Comparison:
    """Compares; raises Unlike at the first difference."""

    def __init__(self, told: Retelling) -> None:
        self._told, self._state, self._keys = told, told.state, told.keys
        state = self._state
        self._known: dict[str, tuple[dict[str, Any], Callable[[str, str], bool], Callable[[str], str]]] = {
            "r": (state.purses, lambda name, text: text == state.purses[name].text, lambda n: state.purses[n].text),
            "c": (state.counters, lambda n, text: text == str(state.counters[n]), lambda n: str(state.counters[n])),
            "f": (state.refunded, lambda n, text: text == str(state.refunded[n]), lambda n: str(state.refunded[n])),
            "s": (state.stock, lambda n, text: text == str(state.stock[n]), lambda n: str(state.stock[n])),
            "o": (state.terms, lambda n, text: text == state.terms[n][0], lambda n: state.terms[n][0]),
            "k": (state.terms, lambda n, text: text == state.terms[n][1], lambda n: state.terms[n][1]),
            "q": (state.tallies, lambda n, text: _tally(text) == state.tallies[n], lambda n: str(state.tallies[n])),
        }
        """By the letter of their keys: what is known by name, whether a text says it, and how it is shown."""

    def run(self) -> None:
        """Compare everything."""
        self._head()
        self._accounts()
        for sort in self._known:
            self._values(sort)
        self._indexes()
        self._lots_due()
        self._strays()
        self._stays()
        self._entries()

    def _head(self) -> None:
        self._told.see()
        state, text = self._state, self._told.head
        wanted = f"{state.number}\t{state.hash}\t{state.at_ms}\t"
        if not text.startswith(wanted) and (text or state.number):
            raise Unlike(self._keys.head, wanted, text or "nothing")

    def _accounts(self) -> None:
        """Balances, who is closed, and what is unusual about lots."""
        state = self._state
        listed = _pairs(self._told.see(("HGETALL", self._keys.accounts))[0])
        wanted = {name: str(points) for name, points in state.accounts.items()}
        wanted |= {CLOSED + subject: number for subject, number in state.gates.items()}
        wanted |= state.marks
        found = {name: value for name, value in listed.items() if value != "0" or name in wanted}
        _same(self._keys.accounts, wanted, found)

    def _values(self, sort: str) -> None:
        """All keys of one sort, and once more those that came meanwhile."""
        kept, says, shown = self._known[sort]
        compared = 0
        for _ in range(2):
            names = list(islice(kept, compared, None))
            compared += len(names)
            for part in _parts(names, CHUNK):
                keys = [f"{self._keys.prefix}{sort}:{name}" for name in part]
                answer = _list(self._told.see(("MGET", *keys))[0])
                for name, key, found in zip(part, keys, answer, strict=True):
                    text = None if found is None else found.decode(errors="replace")
                    if text is None or not says(name, text):
                        raise Unlike(key, shown(name), "nothing" if text is None else text)

    def _indexes(self) -> None:
        """What the sweep looks at: open holds, grants that wait, the days on which something is due."""
        state = self._state
        holds = _scores(self._told.see(_all_of(self._keys.holds))[0])
        _same(self._keys.holds, {name: hold.until_ms for name, hold in state.holds.items()}, holds)

        days = sorted(state.opening_days)
        answers = self._told.see(*[_all_of(self._keys.opens(day * DAY_MS)) for day in days])
        waiting = {name: opens for answer in answers for name, opens in _scores(answer).items()}
        wanted = {name: grant.until_ms for name, grant in state.waiting.items() if grant.until_ms // DAY_MS in days}
        _same(f"{self._keys.prefix}opens", wanted, waiting)

        listed = _scores(self._told.see(_all_of(self._keys.days))[0])
        needed = {f"o:{day}" for day in state.opening_days}
        needed |= {f"l:{expires // DAY_MS}" for purse in state.purses.values() for expires, _ in purse.lots}
        for name in sorted(needed | listed.keys()):
            if name not in listed or name not in (f"l:{listed[name]}", f"o:{listed[name]}"):
                raise Unlike(self._keys.days, name, str(listed.get(name, "nothing")))

    def _lots_due(self) -> None:
        """Each lot's owner stands in the index of the day on which it expires."""
        purses = self._state.purses
        lots = ((name, lot) for name in list(purses) for lot in list(purses[name].lots))
        while part := list(islice(lots, _LOTS_AT_ONCE)):
            found = self._told.see(*[("ZSCORE", self._keys.due(lot[0]), name) for name, lot in part])
            for (name, lot), score in zip(part, found, strict=True):
                shown = score.decode() if isinstance(score, bytes) else "nothing"
                listed = isinstance(score, bytes) and float(shown) <= (lot[0] // DAY_MS + 1) * DAY_MS
                if not listed and lot in purses[name].lots:
                    raise Unlike(self._keys.due(lot[0]), name, shown)

    def _entries(self) -> None:
        """What the ledger still has of its entries: each is as it was hashed, and the last is the head."""
        key, after, prev, number = self._keys.stream, "-", "", 0
        full = True
        while full:
            page = ("XRANGE", key, after, "+", "COUNT", CHUNK)
            answers = self._told.see(page, ("XRANGE", key, "-", "+", "COUNT", 1))
            found, first = (_list(answer) for answer in answers)
            if found and first and first[0][0] == found[0][0]:
                number = 0  # the stream begins here now: what came before was trimmed
            for name, fields in found:
                before, digest, text = (each.decode(errors="replace") for each in fields[1::2])
                said = text.split("\t", 1)[0]
                follows = not number or (before == prev and said == str(number + 1))
                if chained(before, text) != digest or not follows or name.decode() != f"{said}-0":
                    raise Unlike(f"{key} {name.decode()}", "the entry that was hashed", text)
                prev, number = digest, int(said)
            after, full = f"({number}-0", len(found) == CHUNK
        if number and (number, prev) != (self._state.number, self._state.hash):
            raise Unlike(key, f"entry {self._state.number} at the end", f"entry {number}")

    def _strays(self) -> None:
        """Keys that no entry explains."""
        self._told.remember_recent()
        lasting, fading = self._told.lasting.copy(), self._told.fading.copy()
        counted = self._count(self._pages())
        if not _agree(counted, lasting, fading):
            seen: set[str] = set()  # a key may be listed twice while the server rehashes
            counted = self._count(_unseen(page, seen) for page in self._pages())
        for sort in sorted(_FINALS):
            if counted[sort] != lasting[sort]:
                raise Unlike(f"{self._keys.prefix}{sort}:*", f"{lasting[sort]} keys", f"{counted[sort]}")
            if counted[f"old {sort}"] > fading[sort]:
                raise Unlike(f"{self._keys.prefix}{sort}:*", f"at most {fading[sort]} old keys", "more")

    def _count(self, pages: Iterable[Iterable[str]]) -> Counter[str]:
        """How many keys there are of those that are written once, by sort; any other must be one that is known."""
        counted: Counter[str] = Counter()
        for page in pages:
            opening: list[str] = []
            for key in page:
                sort, _, name = key.partition(":")
                if sort in _FINALS:
                    if key not in self._told.recent:
                        counted[f"old {sort}" if sort in "ie" and self._told.fades(key) else sort] += 1
                elif sort in self._known:
                    if name not in self._known[sort][0]:
                        raise Unlike(self._keys.prefix + key, "no such key", "one")
                elif sort == "opens":
                    opening.append(name)
                elif sort not in _OTHERS:
                    raise Unlike(self._keys.prefix + key, "no such key", "one")
            unknown = set(opening).difference(map(str, self._state.opening_days if opening else ()))
            if unknown:
                raise Unlike(f"{self._keys.prefix}opens:{min(unknown)}", "no such key", "one")
        return counted

    def _stays(self) -> None:
        """No key of a ledger goes by itself."""
        keyspace = self._told.see(("INFO", "keyspace"))[0]
        if not isinstance(keyspace, bytes) or b",expires=0" in keyspace or b",expires=" not in keyspace:
            return
        for page in self._pages():
            lasts = self._told.see(*[("PTTL", self._keys.prefix + key) for key in page])
            for key, milliseconds in zip(page, lasts, strict=True):
                if isinstance(milliseconds, int) and milliseconds >= 0:
                    raise Unlike(self._keys.prefix + key, "a key that stays", f"one that goes in {milliseconds} ms")

    def _pages(self) -> Iterator[list[str]]:
        """All keys of the district, without its prefix; after each page the state knows what was there."""
        cursor, own = b"0", len(self._keys.prefix)
        while True:
            scan = ("SCAN", cursor.decode(), "MATCH", self._keys.prefix + "*", "COUNT", CHUNK)
            cursor, page = _list(self._told.see(scan)[0])
            yield [key.decode(errors="replace")[own:] for key in page]
            if cursor == b"0":
                return


def _agree(counted: Counter[str], lasting: Counter[str], fading: Counter[str]) -> bool:
    return all(counted[sort] == lasting[sort] and counted[f"old {sort}"] <= fading[sort] for sort in _FINALS)


def _unseen(page: Iterable[str], seen: set[str]) -> list[str]:
    fresh = [key for key in dict.fromkeys(page) if key not in seen]
    seen.update(fresh)
    return fresh


def _same(where: str, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    if wanted == found:
        return
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise Unlike(f"{where} {name}", str(wanted.get(name, "nothing")), str(found.get(name, "nothing")))


def _all_of(key: str) -> tuple[str | int, ...]:
    return ("ZRANGE", key, 0, -1, "WITHSCORES")


def _list(answer: object) -> list[Any]:
    return answer if isinstance(answer, list) else []


def _pairs(answer: object) -> dict[str, str]:
    listed = [each.decode(errors="replace") for each in _list(answer)]
    return dict(zip(listed[::2], listed[1::2], strict=True))


def _scores(answer: object) -> dict[str, int]:
    return {name: int(score) for name, score in _pairs(answer).items()}


def _tally(text: str) -> dict[str, tuple[str, int]] | None:
    try:
        return read_tally(text)
    except ValueError:
        return None


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for begin in range(0, len(names), size):
        yield names[begin : begin + size]
