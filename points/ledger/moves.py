"""What an entry must move, by its command and what stood before it: its amount, its legs and what it says of lots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from points.ids import ms_of
from points.ledger.due import Part, expired, given_back, granted, noted, spent, undone
from points.ledger.entry import Entry
from points.ledger.forget import FLOOR_MS
from points.ledger.keys import DAY_MS
from points.ledger.state import Purse, State

_OF_LOTS = frozenset("LTZMW")
_MAY_OWE = ("world", "clearing:")


@dataclass(frozen=True, slots=True)
class _Held:
    resident: str
    points: int
    expires: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an entry moves: points in all, by account, and what it says of lots."""

    amount: int
    legs: Mapping[str, int]
    lots: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Moves:
    """Holds each entry against its command. Memory grows with open holds and waiting grants, not with entries.

    `find` answers the entry of an id as the ledger has it: what is undone and refunded may be old. None where it is
    forgotten; then what follows from it is taken as posted.
    """

    state: State
    counted: Mapping[str, int]
    """Points counted against caps, by their keys, before the entry."""
    find: Callable[[str], Entry | None]
    held: dict[str, _Held] = field(default_factory=dict)
    waiting: dict[str, tuple[str, Part]] = field(default_factory=dict)

    def fault(self, entry: Entry) -> str | None:
        """What does not follow, or None; to be asked before the state has the entry."""
        work = getattr(self, f"_{entry.kind}", None)
        if work is None:
            return f"{entry.kind} is no kind of entry"
        if entry.fingerprint and not -FLOOR_MS <= ms_of(entry.id) - entry.at_ms <= DAY_MS:
            return "its id is of another time"
        meant: Meaning | str | None = work(entry)
        if meant is None or isinstance(meant, str):
            return meant
        return _differs(entry, meant)

    def _purse(self, resident: str) -> Purse:
        return self.state.purses.get(resident) or Purse()

    def _top_up(self, entry: Entry) -> Meaning:
        fund, amount = entry.content[0], int(entry.content[1])
        return Meaning(amount, {"world": -amount, f"fund:{fund}": amount})

    def _settle(self, entry: Entry) -> Meaning:
        merchant, amount = entry.content[0], int(entry.content[1])
        return Meaning(amount, {f"merchant:{merchant}": -amount, "world": amount})

    def _earn(self, entry: Entry) -> Meaning | str:
        resident, fund, asked, earned, expires, opens = entry.content[:6]
        rooms = [int(ceiling) - self.counted.get(cap, 0) for ceiling, cap in _pairs(entry.content[7:])]
        amount = max(0, min([int(asked), *rooms]))
        if int(expires) <= entry.at_ms:
            return f"it expired at {expires}"
        part = Part(int(expires), entry.number, amount, fund, earned)
        if opens and int(opens) > entry.at_ms and amount:
            self.waiting[entry.id] = (resident, part)
            return Meaning(amount, {f"fund:{fund}": -amount, "pending": amount})
        lots = granted(self.state, resident, part) if amount else []
        return Meaning(amount, {f"fund:{fund}": -amount, f"resident:{resident}": amount}, lots)

    def _open(self, entry: Entry) -> Meaning | None:
        if entry.content[0] not in self.waiting:
            return None  # told by what waits
        resident, part = self.waiting.pop(entry.content[0])
        lots = granted(self.state, resident, part)
        return Meaning(part.points, {"pending": -part.points, f"resident:{resident}": part.points}, lots)

    def _hold(self, entry: Entry) -> Meaning | str:
        resident, points, expires = entry.content[0], entry.amount, int(entry.content[3])
        if expires <= entry.at_ms:
            return f"its time was over at {expires}"
        parts, lefts = spent(self._purse(resident), points, entry.at_ms)
        self.held[entry.id] = _Held(resident, points, expires, tuple(parts))
        lots = [
            f"T,{each.lot},{each.points},{each.source},{each.earned},{each.expires},{left}"
            for each, left in zip(parts, lefts, strict=True)
        ]
        return Meaning(points, {f"resident:{resident}": -points, "held": points}, lots)

    def _end(self, entry: Entry, captured: int | None, merchant: str = "") -> Meaning | str | None:
        """Ends a hold: what is captured (None: all of it) leaves, the rest comes back."""
        hold = self.held.pop(entry.content[0], None)
        if hold is None:
            return None  # told by what ends holds
        if (entry.at_ms >= hold.expires) != (entry.kind == "time_out"):
            return f"the time of its hold is over at {hold.expires}"
        gone = hold.points if captured is None else captured
        due = given_back(self.state, hold.resident, _rest(hold.parts, gone), entry.at_ms)
        legs = {"held": -hold.points, f"merchant:{merchant}": gone, f"resident:{hold.resident}": due.back, **due.lost}
        return Meaning(gone or hold.points, legs, due.said)

    def _capture(self, entry: Entry) -> Meaning | str | None:
        _, merchant, _, amount = entry.content
        return self._end(entry, int(amount) if amount else None, merchant)

    def _release(self, entry: Entry) -> Meaning | str | None:
        return self._end(entry, 0)

    def _time_out(self, entry: Entry) -> Meaning | str | None:
        return self._end(entry, 0)

    def _refund(self, entry: Entry) -> Meaning | str | None:
        name, wanted = entry.content[:2]
        capture = self.find(name)
        hold = self.find(capture.content[0]) if capture is not None and capture.kind == "capture" else None
        if capture is None or hold is None:
            return None
        before = self.state.refunded.get(name, 0)
        rest = capture.amount - before
        amount = int(wanted) if wanted else rest
        if not 0 < amount <= rest:
            return f"of {name} {rest} points are left to refund"
        sold = _first(_parts(hold), capture.amount)
        back = _first(_rest(list(reversed(sold)), before), amount)
        due = given_back(self.state, hold.content[0], back, entry.at_ms, graced=True)
        legs = {f"merchant:{capture.content[1]}": -amount, f"resident:{hold.content[0]}": due.back, **due.lost}
        return Meaning(amount, legs, due.said)

    def _reverse(self, entry: Entry) -> Meaning | None:
        name = entry.content[0]
        if name in self.waiting:
            _, part = self.waiting.pop(name)
            return Meaning(part.points, {"pending": -part.points, f"fund:{part.source}": part.points})
        grant = self.find(name)
        if grant is None or grant.kind != "earn":
            return None
        resident, fund = grant.content[:2]
        amount, lots = undone(self.state, resident, grant.number, grant.amount)
        return Meaning(amount, {f"resident:{resident}": -amount, f"fund:{fund}": amount}, lots)

    def _send_across(self, entry: Entry) -> Meaning:
        resident, district, amount = entry.content[0], entry.content[1], int(entry.content[2])
        parts, lefts = spent(self._purse(resident), amount, entry.at_ms)
        legs = {f"resident:{resident}": -amount, f"clearing:{district}": amount}
        return Meaning(amount, legs, noted(resident, parts, lefts))

    def _receive_across(self, entry: Entry) -> Meaning | str:
        resident, district, amount, expires = (
            entry.content[0],
            entry.content[1],
            int(entry.content[2]),
            entry.content[3],
        )
        if int(expires) <= entry.at_ms:
            return f"it expired at {expires}"
        clearing = f"clearing:{district}"
        part = Part(int(expires), entry.number, amount, clearing, str(entry.at_ms))
        lots = granted(self.state, resident, part)
        return Meaning(amount, {clearing: -amount, f"resident:{resident}": amount}, lots)

    def _expire(self, entry: Entry) -> Meaning:
        resident = entry.content[0]
        due = expired(self._purse(resident), resident, entry.at_ms)
        total = sum(due.lost.values())
        return Meaning(total, {f"resident:{resident}": -total, **due.lost}, due.said)

    def _nothing(self, _entry: Entry) -> Meaning:
        return Meaning(0, {})

    _set_offer = _adjust_stock = _set_gate = _nothing


def _differs(entry: Entry, meant: Meaning) -> str | None:
    """The first way in which an entry is not as it is meant, or None."""
    if entry.amount != meant.amount:
        return f"it is of {entry.amount} points, not {meant.amount}"
    said = [(leg.account, leg.amount) for leg in entry.legs]
    wanted = [(name, points) for name, points in meant.legs.items() if points]
    if said != wanted and sorted(said) != sorted(wanted):
        return f"it moves {_shown(said)}, not {_shown(wanted)}"
    lots = [change for change in entry.changes if change[0] in _OF_LOTS]
    if lots != meant.lots and sorted(lots) != sorted(meant.lots):
        wrong, unsaid = set(lots) - set(meant.lots), set(meant.lots) - set(lots)
        return f"it says {min(wrong, default='nothing')}, not {min(unsaid, default='nothing')}"
    below = (leg for leg in entry.legs if leg.balance < 0 and not leg.account.startswith(_MAY_OWE))
    return next((f"{leg.account} is below zero: {leg.balance}" for leg in below), None)


def _pairs(fields: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(fields[::2], fields[1::2], strict=True))


def _parts(hold: Entry) -> list[Part]:
    """The parts of lots that a hold took."""
    taken = (change.split(",") for change in hold.changes if change[0] == "T")
    return [Part(int(each[5]), int(each[1]), int(each[2]), each[3], each[4]) for each in taken]


def _first(parts: list[Part], points: int) -> list[Part]:
    """As much of the parts, in their order, as makes so many points."""
    found = []
    for part in parts:
        used = min(part.points, points)
        points -= used
        if used:
            found.append(Part(part.expires, part.lot, used, part.source, part.earned))
    return found


def _rest(parts: tuple[Part, ...] | list[Part], gone: int) -> list[Part]:
    """What is left of the parts when so many points of the first are gone."""
    found = []
    for part in parts:
        used = min(part.points, gone)
        gone -= used
        if part.points > used:
            found.append(Part(part.expires, part.lot, part.points - used, part.source, part.earned))
    return found


def _shown(legs: list[tuple[str, int]]) -> str:
    return ", ".join(f"{points:+} {name}" for name, points in sorted(legs)) or "nothing"
