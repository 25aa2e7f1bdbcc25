"""What entries add up to: folds them one by one, and stops at the first that does not follow from those before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from points.ledger.chart import PENDING
from points.ledger.entry import GENESIS, Entry, chained, entry_of
from points.ledger.keys import DAY_MS, LATE, LOT

Lot = tuple[int, str, str]
"""What is left, the fund it came from, when it was earned (ms). It is known by when it expires (ms) and its number."""


class Broken(Exception):  # noqa: N818 - what was found, not an error of the program
    """An entry that contradicts those before it."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"entry {number}: {what}")
        self.number = number
        self.what = what


@dataclass(slots=True)
class Purse:
    """A resident's points; the text is what the ledger keeps."""

    available: int = 0
    held: int = 0
    pending: int = 0
    lots: dict[tuple[int, int], Lot] = field(default_factory=dict)

    @property
    def text(self) -> str:
        lots = "".join(
            [f"{e},{n},{left},{source},{earned};" for (e, n), (left, source, earned) in sorted(self.lots.items())]
        )
        return f"{self.available} {self.held} {self.pending}\n{lots}"

    @classmethod
    def read(cls, text: str) -> Purse:
        totals, listed = text.split("\n")
        available, held, pending = totals.split(" ")
        purse = cls(int(available), int(held), int(pending))
        for lot in listed.split(";")[:-1]:
            expires, number, left, source, earned = lot.split(",")
            purse.lots[int(expires), int(number)] = (int(left), source, earned)
        return purse


class Kept(NamedTuple):
    """An entry that another must follow: a hold that has not ended, or a grant that waits."""

    until_ms: int
    """When a hold's time is over; when a grant opens."""
    text: str

    @property
    def entry(self) -> Entry:
        return entry_of("", "", self.text)


class State:
    """The ledger after a number of entries.

    What never changes once written (records, ends of holds, marks of undoing) is not kept but handed over in `finals`,
    as key and value without the district's prefix, so that memory does not grow with the number of entries.
    """

    def __init__(self) -> None:
        self.number = 0
        self.hash = GENESIS
        self.at_ms = 0
        self.accounts: dict[str, int] = {}
        self.purses: dict[str, Purse] = {}
        self.stock: dict[str, int] = {}
        self.terms: dict[str, tuple[str, str]] = {}
        self.gates: dict[str, str] = {}
        self.counters: dict[str, int] = {}
        self.tallies: dict[str, dict[str, tuple[str, int]]] = {}
        self.marks: dict[str, str] = {}
        self.refunded: dict[str, int] = {}
        self.holds: dict[str, Kept] = {}
        """Those that have not ended, by id."""
        self.waiting: dict[str, Kept] = {}
        """Grants that have neither opened nor been undone, by id."""
        self.finals: list[tuple[str, str]] = []
        self._lot_moves: dict[str, int] = {}

    def apply(self, entry: Entry) -> None:
        """Add one entry. Raises Broken, leaving the state in between, when it does not follow."""
        self.need_next(entry)
        self.add(entry)

    def need_next(self, entry: Entry) -> None:
        """Raises Broken when an entry does not come next in the chain."""
        if entry.number != self.number + 1:
            raise Broken(entry.number, f"follows {self.number}")
        if entry.prev != self.hash or chained(entry.prev, entry.text) != entry.hash:
            raise Broken(entry.number, "its hash is not the chain's")
        if entry.at_ms < self.at_ms:
            raise Broken(entry.number, "its time is before the last entry's")

    def add(self, entry: Entry) -> None:
        """Add the next entry. Raises Broken, leaving the state in between, when it does not add up."""
        self._lot_moves = {}
        owned = self._legs(entry)
        for change in entry.changes:
            self._change(entry, change)
        if self._lot_moves != owned and _some(self._lot_moves) != _some(owned):
            raise Broken(entry.number, "its lots do not move as its legs do")
        self._kind(entry)
        if entry.fingerprint:
            self.finals.append((f"i:{entry.id}", entry.text))
        self.number, self.hash, self.at_ms = entry.number, entry.hash, entry.at_ms

    def _legs(self, entry: Entry) -> dict[str, int]:
        """Move the balances; answers what moved for each resident."""
        total = 0
        owned: dict[str, int] = {}
        for leg in entry.legs:
            total += leg.amount
            if leg.account.startswith("resident:"):
                resident = leg.account[9:]
                purse = self.purse(resident)
                purse.available += leg.amount
                after = purse.available
                owned[resident] = owned.get(resident, 0) + leg.amount
            else:
                after = self.accounts[leg.account] = self.accounts.get(leg.account, 0) + leg.amount
            if after != leg.balance:
                raise Broken(entry.number, f"{leg.account} is {after}, not {leg.balance}")
        if total:
            raise Broken(entry.number, f"its legs sum to {total}")
        return owned

    @property
    def opening_days(self) -> set[int]:
        """The days (since 1970) on which grants that wait will open."""
        return {grant.until_ms // DAY_MS for grant in self.waiting.values()}

    def purse(self, resident: str) -> Purse:
        found = self.purses.get(resident)
        if found is None:
            found = self.purses[resident] = Purse()
        return found

    def _lot(self, resident: str, number: str, expires: str, lot: Lot) -> None:
        lots, name, left = self.purse(resident).lots, (int(expires), int(number)), lot[0]
        before = lots[name][0] if name in lots else 0
        self._lot_moves[resident] = self._lot_moves.get(resident, 0) + left - before
        if left:
            lots[name] = lot
        else:
            lots.pop(name, None)

    def _change(self, entry: Entry, change: str) -> None:
        sort = change[0]
        if sort == "C":
            _, count, name = change.split(",", 2)
            self.counters[name] = int(count)
            return
        part = change.split(",")
        match sort:
            case "L":
                self._lot(part[1], part[2], part[6], (int(part[3]), part[4], part[5]))
            case "T":
                self._lot(entry.content[0], part[1], part[5], (int(part[6]), part[3], part[4]))
            case "H":
                self.purse(part[1]).held = int(part[2])
            case "P":
                self.purse(part[1]).pending = int(part[2])
            case "S":
                self.stock[part[1]] = int(part[2])
            case "Q":
                self.tallies.setdefault(f"{part[1]}:{part[2]}", {})[part[3]] = (part[4], int(part[5]))
            case _:
                self._rare(entry, sort, part)

    def _rare(self, entry: Entry, sort: str, part: list[str]) -> None:
        match sort:
            case "E":
                self.holds.pop(part[1], None)
                end = "\t".join((part[2], str(entry.number), part[3], part[4], entry.id))
                self.finals.append((f"e:{part[1]}", end))
            case "Z":
                self.marks[LOT + part[1]] = "closed"
            case "W":
                self.marks[LATE + part[1]] = part[2]
            case "M":
                self.marks[LOT + part[1]] = f"in:{part[2]}"
                self.marks[LOT + part[2]] = "shared"
            case "X":
                self.finals.append((f"x:{part[1]}", part[2]))
                self.waiting.pop(part[1], None)
            case "F":
                self.refunded[part[1]] = int(part[2])
            case "G":
                if part[1] == "1":
                    self.gates.pop(part[2], None)
                else:
                    self.gates[part[2]] = str(entry.number)
            case "Y":
                self.finals.append((f"y:{part[1]}:{part[2]}", part[3]))
            case _:
                raise Broken(entry.number, f"says something unknown: {sort}")

    def _kind(self, entry: Entry) -> None:
        match entry.kind:
            case "hold":
                self.holds[entry.id] = Kept(int(entry.content[3]), entry.text)
            case "earn" if entry.content[5] and any(leg.account == PENDING for leg in entry.legs):
                self.waiting[entry.id] = Kept(int(entry.content[5]), entry.text)
            case "open":
                self.waiting.pop(entry.content[0], None)
            case "set_offer":
                offer, *terms, card = entry.content
                self.terms[offer] = ("\t".join(terms), card)


def _some(moved: dict[str, int]) -> dict[str, int]:
    return {name: points for name, points in moved.items() if points}
