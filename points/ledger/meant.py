"""What an entry must say of holds, waiting grants, refunds and windows, worked out from commands alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from points.ids import ms_of
from points.ledger.entry import Entry
from points.ledger.keys import DAY_MS
from points.ledger.windows import Windows

Window = tuple[str, str]
"""A period and its name: `month`, `2026-11`."""
_SAID = frozenset("HPFQEXYG")


@dataclass(frozen=True, slots=True)
class _Hold:
    resident: str
    offer: str
    quantity: int
    points: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class _Terms:
    price: int
    starts: int
    ends: int
    merchants: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Meant:
    """Memory grows with residents, their windows, open holds, waiting grants and refunded captures."""

    windows: Windows
    latest_ms: int
    """No entry can be of a later moment than this, unless commands came from there: all clocks were ahead then."""
    claimed_ms: int = 0
    held: Counter[str] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    holds: dict[str, _Hold] = field(default_factory=dict)
    waiting: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    terms: dict[str, _Terms] = field(default_factory=dict)
    tallies: dict[tuple[str, str], dict[str, tuple[str, int]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def fault(self, entry: Entry) -> str | None:
        """Count one entry; what in it does not follow, or None."""
        if entry.fingerprint:
            self.claimed_ms = max(self.claimed_ms, ms_of(entry.id))
        if entry.at_ms > max(self.latest_ms, self.claimed_ms + DAY_MS):
            return "it is of a time to come that no command came from"
        work = getattr(self, f"_{entry.kind}", None)
        meant = work(entry) if work else []
        if isinstance(meant, str):
            return meant
        said = [each for each in entry.changes if each[0] in _SAID]
        if len(said) == len(meant) and (said == meant or sorted(said) == sorted(meant)):
            return None
        wrong, unsaid = set(said) - set(meant), set(meant) - set(said)
        return f"it says {min(wrong, default='nothing')}, not {min(unsaid, default='nothing')}"

    def _set_offer(self, entry: Entry) -> list[str]:
        offer, price, starts, ends, merchants, limits, _ = entry.content
        pairs = tuple((p, int(n)) for p, n in (each.split(",") for each in limits.split(";")[:-1]))
        self.terms[offer] = _Terms(int(price), int(starts), int(ends), tuple(merchants.split(",")), pairs)
        return []

    def _set_gate(self, entry: Entry) -> list[str]:
        subject, opened = entry.content[:2]
        (self.closed.discard if opened == "1" else self.closed.add)(subject)
        return [f"G,{opened},{subject}"]

    def _shut(self, *subjects: str) -> str | None:
        return next((f"{subject} is closed" for subject in subjects if subject in self.closed), None)

    def _hold(self, entry: Entry) -> list[str] | str:
        resident, offer, units, _ = entry.content
        terms, quantity = self.terms.get(offer, _Terms(0, 0, 0, (), ())), int(units)
        if shut := self._shut(f"resident:{resident}", f"offer:{offer}"):
            return shut
        if entry.amount != terms.price * quantity or not terms.starts <= entry.at_ms < terms.ends:
            return f"{offer} is offered for {terms.price}, from {terms.starts} until {terms.ends}"
        self.held[resident] += entry.amount
        counted: list[Window] = []
        said = [f"H,{resident},{self.held[resident]}"]
        if terms.limits:
            names = dict(each.split(" ") for each in self.windows.at(entry.at_ms).split(";")[1:-1])
            tally = self.tallies.setdefault((offer, resident), {})
            for period, most in terms.limits:
                window, (known, count) = names[period], tally.get(period, ("", 0))
                total = (count if known == window else 0) + quantity
                if total > most:
                    return f"{total} of {offer} in {window}, at most {most}"
                tally[period] = (window, total)
                counted.append((period, window))
                said.append(f"Q,{offer},{resident},{period},{window},{total}")
        self.holds[entry.id] = _Hold(resident, offer, quantity, entry.amount, tuple(counted))
        return said

    def _end(self, entry: Entry, state: str, captured: int = 0, merchant: str = "") -> list[str] | str:
        name = entry.content[0]
        hold = self.holds.pop(name, None)
        if hold is None or captured > hold.points:
            return f"there is no hold {name} for it"
        left = self.held[hold.resident] = self.held[hold.resident] - hold.points
        if not left:
            del self.held[hold.resident]
        said = [f"H,{hold.resident},{left}", f"E,{name},{state},{captured},{merchant}"]
        units = hold.quantity - -(-captured * hold.quantity // hold.points)
        tally = self.tallies.get((hold.offer, hold.resident), {})
        for period, window in hold.windows if units else ():
            known, count = tally.get(period, ("", 0))
            if known == window:
                tally[period] = (window, max(0, count - units))
                said.append(f"Q,{hold.offer},{hold.resident},{period},{window},{tally[period][1]}")
        return said

    def _capture(self, entry: Entry) -> list[str] | str:
        name, merchant, clerk = entry.content[:3]
        hold = self.holds.get(name)
        if hold is not None:
            subjects = (f"resident:{hold.resident}", f"merchant:{merchant}", f"clerk:{clerk}", f"offer:{hold.offer}")
            if shut := self._shut(*subjects):
                return shut
            if merchant not in self.terms[hold.offer].merchants:
                return f"{hold.offer} is not offered by {merchant}"
        return self._end(entry, "captured", entry.amount, merchant)

    def _release(self, entry: Entry) -> list[str] | str:
        return self._end(entry, "released")

    def _time_out(self, entry: Entry) -> list[str] | str:
        return self._end(entry, "timed_out")

    def _earn(self, entry: Entry) -> list[str] | str:
        resident, fund, opens = entry.content[0], entry.content[1], entry.content[5]
        if shut := self._shut(f"resident:{resident}", f"fund:{fund}"):
            return shut
        if not any(leg.account == "pending" for leg in entry.legs):
            return []
        self.pending[resident] += entry.amount
        self.waiting[entry.id] = (resident, entry.amount, opens)
        return [f"P,{resident},{self.pending[resident]},{opens}"]

    def _waits_no_more(self, name: str) -> list[str]:
        resident, points, opens = self.waiting.pop(name)
        self.pending[resident] -= points
        return [f"P,{resident},{self.pending[resident]},{opens}"]

    def _open(self, entry: Entry) -> list[str] | str:
        name = entry.content[0]
        if name not in self.waiting or int(self.waiting[name][2]) > entry.at_ms:
            return f"the grant {name} does not wait to be opened"
        return self._waits_no_more(name)

    def _reverse(self, entry: Entry) -> list[str]:
        name = entry.content[0]
        said = [f"X,{name},{entry.id}"]
        return said + (self._waits_no_more(name) if name in self.waiting else [])

    def _refund(self, entry: Entry) -> list[str]:
        name = entry.content[0]
        self.refunded[name] += entry.amount
        return [f"F,{name},{self.refunded[name]}"]

    def _send_across(self, entry: Entry) -> list[str] | str:
        return self._shut(f"resident:{entry.content[0]}") or []

    def _receive_across(self, entry: Entry) -> list[str] | str:
        resident, district, sent = entry.content[0], entry.content[1], entry.content[4]
        return self._shut(f"resident:{resident}") or [f"Y,{district},{sent},{entry.id}"]


def latest(now_ms: int) -> int:
    """No honest entry is later: the ledger takes no command whose clock is off by a day."""
    return now_ms + DAY_MS
