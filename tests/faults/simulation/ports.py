"""The ledger and its stream as the rest of the service sees them, on the plain-Python twin, over a bad line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from points.clock import FixedClock, to_ms
from points.errors import Refused
from points.ids import is_id, time_of
from points.ledger import GENESIS, Entry, Head, Receipt
from points.ledger import transfer as t
from points.ledger.entry import chained, entry_of
from points.ledger.memory import MemoryLedger
from points.ledger.refusals import LEDGER_UNREACHABLE
from points.ledger.request import KINDS, content_of
from points.ledger.twin import Draft
from tests.faults.simulation.chance import Chance

FLOOR = timedelta(days=30)


class LedgerPort:
    """Posts to the twin. An answer may be lost, a request may arrive late, the caller may die before or after it."""

    def __init__(self, district: str, clock: FixedClock, chance: Chance) -> None:
        self.district = district
        self.entries: list[Entry] = []
        self.twin = MemoryLedger(district, clock)
        self._clock, self._chance = clock, chance
        self._late: list[list[t.Command]] = []
        self._command: t.Command | None = None
        self._append = self.twin._books.append
        self.twin._books.append = self._noted

    def post(self, command: t.Command) -> Receipt:
        answer = self.post_many([command])[0]
        if isinstance(answer, Refused):
            raise answer
        return answer

    def post_many(self, commands: Iterable[t.Command]) -> list[Receipt | Refused]:
        """All in one run of the script, or none."""
        chance, listed = self._chance, list(commands)
        chance.may_crash("before the posting", 40)
        if chance.goes_wrong("request lost", 20):
            raise LEDGER_UNREACHABLE(why="the request was lost")
        if chance.goes_wrong("request late", 20):
            self._late.append(listed)
            raise LEDGER_UNREACHABLE(why="the request is on its way")
        answers = [self._answer(command) for command in listed]
        chance.may_crash("after the posting", 25)
        if chance.goes_wrong("answer lost", 12):
            raise LEDGER_UNREACHABLE(why="the answer was lost")
        return answers

    def _answer(self, command: t.Command) -> Receipt | Refused:
        self._command = command
        try:
            answer: Receipt | Refused = self.twin.post(command)
        except Refused as refused:
            answer = refused
        finally:
            self._command = None
        self._chance.note((type(command).__name__, command.id, _shown(answer)))
        return answer

    def land_late(self) -> None:
        """One request that was on its way arrives; its answer reaches nobody."""
        if self._late:
            for command in self._late.pop(self._chance.below(len(self._late))):
                self._answer(command)

    def sweep(self) -> int:
        return self.twin.sweep(5)

    def forget(self, committed: int) -> None:
        """Forget old ids whose entries the journal has."""
        floor = max(self._clock.now(), self.twin._books.at) - FLOOR
        for entry in self.entries[:committed]:
            if is_id(entry.id) and time_of(entry.id) < floor:
                self.twin._books.records.pop(entry.id, None)

    def head(self) -> Head:
        return Head(self.entries[-1].number, self.entries[-1].hash) if self.entries else Head(0, GENESIS)

    def _noted(self, name: str, kind: str, at: datetime, draft: Draft) -> Receipt:
        """The twin makes no texts and no hashes: an entry gets them here."""
        receipt = self._append(name, kind, at, draft)
        prev = self.entries[-1].hash if self.entries else GENESIS
        text = _text(receipt, self._command)
        self.entries.append(entry_of(prev, chained(prev, text), text))
        return receipt


def _shown(answer: Receipt | Refused) -> object:
    return (answer.code, sorted(answer.details)) if isinstance(answer, Refused) else (answer.number, answer.legs)


def _text(receipt: Receipt, command: t.Command | None) -> str:
    content = content_of(KINDS[type(command)], command) if command is not None else ""
    fingerprint = hashlib.sha256(content.encode()).hexdigest()[:20] if command is not None else ""
    header = (receipt.number, receipt.id, receipt.kind, to_ms(receipt.at), receipt.amount, fingerprint)
    legs = [part for leg in receipt.legs for part in (leg.account, leg.amount, leg.balance)]
    cuts = [part for cut in receipt.cuts for part in (cut.cap, cut.asked, cut.granted)]
    also = [part for pair in receipt.data.items() for part in pair]
    lines: tuple[Any, ...] = (header, legs, cuts, also)
    return "\n".join(["\t".join(map(str, line)) for line in lines] + [content, ""])


class StreamPort:
    """The ledger's entries in order, until they are trimmed."""

    def __init__(self, ledger: LedgerPort, chance: Chance) -> None:
        self._ledger, self._chance = ledger, chance
        self.trimmed = 0

    def read(self, after_number: int, count: int = 500) -> list[Entry]:
        first = max(after_number, self.trimmed)
        return self._ledger.entries[first : first + count]

    def written(self, after_number: int, count: int) -> tuple[int, list[Entry]]:
        return 0, self.read(after_number, count)

    def trim(self, up_to_number: int) -> int:
        self._chance.may_crash("before the trim")
        gone = max(0, up_to_number - self.trimmed)
        self.trimmed += gone
        self._chance.may_crash("after the trim")
        return gone

    def length(self) -> int:
        return len(self._ledger.entries) - self.trimmed
