"""The twin's books: purses, offers and holds as plain objects, and the entries that change them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from points.errors import Kind
from points.ledger import chart
from points.ledger import refusals as no
from points.ledger import transfer as t
from points.ledger.results import Cut, Leg, Receipt

_LOTS_AN_ENTRY = 50
_CROWD = 64


@dataclass
class Lot:
    """Points of one grant. Parts keep the lot they came from, also when it is empty."""

    expires: datetime
    number: int
    left: int
    source: str


@dataclass
class Part:
    """Points that were taken from a lot."""

    lot: Lot
    points: int


@dataclass
class Purse:
    lots: list[Lot] = field(default_factory=list)
    held: int = 0
    pending: int = 0

    def alive(self, at: datetime) -> int:
        return sum(lot.left for lot in self.lots if lot.expires > at)

    def add(self, lot: Lot) -> None:
        for known in self.lots:
            if (known.number, known.expires) == (lot.number, lot.expires):
                known.left += lot.left
                return
        self.lots.append(lot)
        self.lots.sort(key=attrgetter("expires", "number"))

    def take(self, points: int, at: datetime) -> list[Part]:
        parts = []
        for lot in self.lots:
            if lot.expires > at and points:
                used = min(points, lot.left)
                lot.left -= used
                points -= used
                parts.append(Part(Lot(lot.expires, lot.number, 0, lot.source), used))
        self.lots = [lot for lot in self.lots if lot.left]
        return parts

    @property
    def crowded(self) -> bool:
        return len(self.lots) >= _CROWD

    def companion(self, lot: Lot) -> Lot | None:
        """The lot that a new one joins: of its fund and day, and lasting at least as long."""
        day = lot.expires.date()
        alike = (each for each in self.lots if each.source == lot.source and each.expires.date() == day)
        return next((each for each in alike if each.expires >= lot.expires), None)

    def share(self, number: int, most: int) -> int:
        """Take at most so many points out of a lot that several grants share."""
        taken = 0
        for lot in self.lots:
            if lot.number == number:
                used = min(lot.left, most - taken)
                lot.left -= used
                taken += used
        self.lots = [lot for lot in self.lots if lot.left]
        return taken

    def close(self, number: int) -> int:
        left = sum(lot.left for lot in self.lots if lot.number == number)
        self.lots = [lot for lot in self.lots if lot.number != number]
        return left


@dataclass
class Offer:
    terms: t.SetOffer
    stock: int = 0


@dataclass
class Grant:
    command: t.Earn
    granted: int
    lot: int
    waits: bool = False
    undone: bool = False


@dataclass
class Holding:
    command: t.Hold
    points: int
    price: int
    parts: list[Part]
    counted: list[tuple[str, ...]]
    state: str = "held"
    captured: int = 0
    merchant: str | None = None
    capture: str = ""
    sold: list[Part] = field(default_factory=list)
    refunded: int = 0

    def need_alive(self, at: datetime) -> None:
        """Refuse when it has ended, or when its time is over."""
        ends = {"captured": no.HOLD_CAPTURED, "released": no.HOLD_RELEASED, "timed_out": no.HOLD_TIMED_OUT}
        if self.state in ends:
            raise ends[self.state]()
        if at >= self.command.expires_at:
            raise no.HOLD_TIMED_OUT()

    def split(self, amount: int) -> tuple[list[Part], list[Part]]:
        """The parts for the first `amount` points, and the rest."""
        kept, rest = [], []
        for part in self.parts:
            stays = min(part.points, amount)
            amount -= stays
            if stays:
                kept.append(Part(part.lot, stays))
            if part.points > stays:
                rest.append(Part(part.lot, part.points - stays))
        return kept, rest


class Draft:
    """An entry in the making: moving points changes the balances and notes the leg."""

    def __init__(self, accounts: dict[str, int], amount: int) -> None:
        self._accounts = accounts
        self.amount = amount
        self.legs: list[Leg] = []
        self.cuts: list[Cut] = []
        self.also: dict[str, str | int] = {}

    def move(self, account: str, points: int) -> Draft:
        if points:
            self._accounts[account] += points
            self.legs.append(Leg(account, points, self._accounts[account]))
        return self


class Books:
    """Everything the twin knows."""

    def __init__(self) -> None:
        self.number = 0
        self.at = datetime(1970, 1, 1, tzinfo=UTC)
        self.accounts: dict[str, int] = defaultdict(int)
        self.counters: dict[str, int] = defaultdict(int)
        self.records: dict[str, tuple[t.Command, Receipt]] = {}
        self.purses: dict[str, Purse] = {}
        self.offers: dict[str, Offer] = {}
        self.tallies: dict[tuple[str, ...], int] = {}
        self.holdings: dict[str, Holding] = {}
        self.captures: dict[str, Holding] = {}
        self.grants: dict[str, Grant] = {}
        self.closed: set[str] = set()
        self.closed_lots: set[int] = set()
        self.graced: dict[int, datetime] = {}
        self.arrived: set[tuple[str, str]] = set()
        self.joined: dict[int, int] = {}

    def purse(self, resident: str) -> Purse:
        return self.purses.setdefault(resident, Purse())

    def place(self, resident: str, lot: Lot) -> None:
        """A new lot comes into a purse; in a crowded one it joins another, or lasts to the end of its day."""
        purse = self.purse(resident)
        found = purse.companion(lot) if purse.crowded else None
        if found is not None:
            found.left += lot.left
            self.joined[lot.number] = found.number
            return
        if purse.crowded:
            lot.expires = lot.expires.replace(hour=23, minute=59, second=59, microsecond=999_000)
        purse.add(lot)

    def take_back(self, grant: Grant) -> int:
        """What is left of a grant's lot, which closes; of a shared lot, at most what the grant brought."""
        purse, number = self.purse(grant.command.resident), grant.lot
        while number in self.joined:
            number = self.joined[number]
        if number != grant.lot or number in self.joined.values():
            return purse.share(number, grant.granted)
        self.closed_lots.add(number)
        return purse.close(number)

    def need_open(self, subject: str, kind: Kind) -> None:
        if subject in self.closed:
            raise kind()

    def holding(self, hold: str) -> Holding:
        if hold not in self.holdings:
            raise no.HOLD_UNKNOWN()
        return self.holdings[hold]

    def draft(self, amount: int) -> Draft:
        return Draft(self.accounts, amount)

    def append(self, name: str, kind: str, at: datetime, draft: Draft) -> Receipt:
        if sum(leg.amount for leg in draft.legs):
            raise AssertionError("an entry must balance")
        self.number += 1
        self.at = at
        legs, cuts = tuple(draft.legs), tuple(draft.cuts)
        return Receipt(name, self.number, kind, at, draft.amount, legs, cuts, draft.also)

    def return_parts(self, draft: Draft, holding: Holding, parts: list[Part], at: datetime) -> None:
        """What was held and not captured: to its lots; to the fund when a lot is closed or past."""
        self.purse(holding.command.resident).held -= holding.points
        self.return_lots(draft, holding.command.resident, parts, at)

    def return_lots(self, draft: Draft, resident: str, parts: list[Part], at: datetime) -> None:
        back, lost = 0, dict[str, int]()
        for part in parts:
            lot = part.lot
            if lot.number in self.closed_lots or lot.expires <= at:
                lost[lot.source] = lost.get(lot.source, 0) + part.points
            else:
                back += part.points
                self.purse(resident).add(Lot(lot.expires, lot.number, part.points, lot.source))
        draft.move(chart.resident(resident), back)
        for source, points in lost.items():
            draft.move(source, points)

    def return_units(self, holding: Holding, units: int) -> None:
        self.offers[holding.command.offer].stock += units
        for window in holding.counted:
            self.tallies[window] -= units

    def give_up(self, holding: Holding, state: str, at: datetime) -> Draft:
        holding.state = state
        draft = self.draft(holding.points).move(chart.HELD, -holding.points)
        self.return_parts(draft, holding, holding.parts, at)
        self.return_units(holding, holding.command.quantity)
        return draft

    def due(self, at: datetime) -> Iterator[tuple[str, str, Draft]]:
        """What time has made due: holds, then grants, then lots."""
        for hold, holding in self.holdings.items():
            if holding.state == "held" and holding.command.expires_at <= at:
                yield f"timeout:{hold}", "time_out", self.give_up(holding, "timed_out", at)
        for earning, grant in self.grants.items():
            c = grant.command
            if grant.waits and c.opens_at is not None and c.opens_at <= at:
                grant.waits = False
                purse = self.purse(c.resident)
                purse.pending -= grant.granted
                self.place(c.resident, Lot(c.expires_at, grant.lot, grant.granted, chart.fund(c.fund)))
                draft = self.draft(grant.granted).move(chart.PENDING, -grant.granted)
                yield f"open:{earning}", "open", draft.move(chart.resident(c.resident), grant.granted)
        for resident, purse in self.purses.items():
            while stale := [lot for lot in purse.lots if lot.expires <= at][:_LOTS_AN_ENTRY]:
                yield f"expire:{resident}", "expire", self._expire(resident, purse, stale)

    def _expire(self, resident: str, purse: Purse, stale: list[Lot]) -> Draft:
        total = sum(lot.left for lot in stale)
        purse.lots = purse.lots[len(stale) :]
        draft = self.draft(total).move(chart.resident(resident), -total)
        for source, lots in groupby(sorted(stale, key=attrgetter("source")), attrgetter("source")):
            draft.move(source, sum(lot.left for lot in lots))
        return draft


def window_of(period: str, local: datetime) -> str:
    """The name of the window of a period that a local time lies in."""
    year, week, _ = local.isocalendar()
    return {
        "day": f"{local:%Y-%m-%d}",
        "week": f"{year}-{week}",
        "month": f"{local:%Y-%m}",
        "quarter": f"{local.year}-{(local.month - 1) // 3}",
        "year": f"{local.year}",
        "lifetime": "",
    }[period]
