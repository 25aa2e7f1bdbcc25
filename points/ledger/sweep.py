"""What time does to the ledger: finds what is due and posts it, a bounded amount at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from points.ledger.entry import entry_of
from points.ledger.heads import read_head
from points.ledger.keys import DAY_MS, Keys
from points.ledger.request import Request, Requests, grant_facts, hold_facts
from points.ledger.wire import Wire

Run = Callable[[list[Request], int], list[str]]


class Sweep:
    """Finds due work in the indexes. Whether it is really due is decided in the script, so racing sweeps are safe."""

    def __init__(self, wire: Wire, keys: Keys, requests: Requests, run: Run) -> None:
        self._wire, self._keys, self._requests, self._run = wire, keys, requests, run

    def once(self, now_ms: int, limit: int) -> int:
        """Post at most `limit` due entries; answers how many were made."""
        made = 0
        for request in self._due(self._time(now_ms), limit):
            answer = self._run([request], now_ms)[0]
            made += answer[:1].isdigit()
            if made >= limit:
                break
        return made

    def _time(self, now_ms: int) -> int:
        """The ledger's time: the greater of the caller's and the head's."""
        return max(now_ms, read_head(self._wire.ask("GET", self._keys.head)).seen_ms)

    def _due(self, at_ms: int, limit: int) -> Iterator[Request]:
        for hold, entry in self._entries(self._before(self._keys.holds, at_ms, limit)):
            yield self._requests.time_out(hold, hold_facts(entry))
        listed = self._before(self._keys.days, at_ms // DAY_MS, 1000)
        for name in sorted(listed, key=lambda each: each[0] != "o"):  # what opens too late expires at once
            sort, _, day = name.partition(":")
            start = int(day) * DAY_MS
            key = self._keys.opens(start) if sort == "o" else self._keys.due(start)
            members = self._before(key, at_ms, limit)
            if sort == "o":
                for grant, entry in self._entries(members):
                    yield self._requests.open(grant, grant_facts(entry))
            else:
                for resident in members:
                    yield self._requests.expire(resident, int(day))
            if not members and start + DAY_MS <= at_ms:
                self._strike(name, key)

    def _before(self, key: str, score: int, limit: int) -> list[str]:
        found = self._wire.ask("ZRANGEBYSCORE", key, "-inf", score, "LIMIT", 0, limit)
        return [member.decode() for member in found] if isinstance(found, list) else []

    def _entries(self, ids: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The contents of the entries of these ids."""
        found = self._wire.ask("MGET", *[self._keys.record(each) for each in ids]) if ids else []
        for each, text in zip(ids, found if isinstance(found, list) else [], strict=True):
            yield each, entry_of("", "", text.decode()).content

    def _strike(self, name: str, key: str) -> None:
        """A day that is over and has nothing left to do is struck from the list, unless something came meanwhile."""
        script = "if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end"
        self._wire.ask("EVAL", script, 2, self._keys.days, key, name)
