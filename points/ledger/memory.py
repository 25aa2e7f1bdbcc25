"""The ledger's twin in plain Python: the same promises, kept in memory, to test the real one against.

It shares with the real ledger only the chart of accounts, the commands, their checks, and the codes of the answers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from points.amounts import CEILING, GRANT_CEILING
from points.clock import Clock, to_ms
from points.errors import Refused
from points.ids import ms_of
from points.ledger import chart
from points.ledger import refusals as no
from points.ledger import transfer as t
from points.ledger.checks import check
from points.ledger.results import Balance, Cut, Head, HoldView, OfferView, Receipt
from points.ledger.twin import Books, Draft, Grant, Holding, Lot, Offer, Part, window_of

_FLOOR = timedelta(days=30)
_AHEAD = timedelta(days=1)
_GRACE = timedelta(days=7)


class MemoryLedger:
    """A district's points in this process; the same public face as `Ledger`."""

    def __init__(self, district: str, clock: Clock, *, zone: str = "Asia/Shanghai") -> None:
        self.district = district
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._books = Books()

    # Postings

    def post(self, command: t.Command) -> Receipt:
        """As `Ledger.post`."""
        return self._post(self._books, command)

    def preview(self, command: t.Command) -> Receipt:
        """As `Ledger.preview`: the same, on a copy that is thrown away."""
        return self._post(copy.deepcopy(self._books), command)

    def post_many(self, commands: Iterable[t.Command]) -> list[Receipt | Refused]:
        """As `Ledger.post_many`."""
        answers: list[Receipt | Refused] = []
        for command in commands:
            try:
                answers.append(self.post(command))
            except Refused as refused:
                answers.append(refused)
        return answers

    def _post(self, books: Books, command: t.Command) -> Receipt:
        now = self._clock.now()
        check(command, now, self.district)
        at = max(now, books.at)
        known = books.records.get(command.id)
        if known is not None:
            if known[0] != command:
                raise no.ID_REUSED()
            receipt = known[1]
            return replace(receipt, replayed=True)
        if not to_ms(at - _FLOOR) <= ms_of(command.id) <= to_ms(at + _AHEAD):
            raise no.ID_EXPIRED()
        kind, decide = _DECIDE[type(command)]
        draft = decide(self, books, command, at)
        receipt = books.append(command.id, kind, at, draft)
        books.records[command.id] = (command, receipt)
        return receipt

    # Decisions: all checks, then all changes

    def _top_up(self, books: Books, c: t.TopUp, at: datetime) -> Draft:
        if c.amount - books.accounts[chart.WORLD] >= CEILING:
            raise no.OVER_CEILING()
        return books.draft(c.amount).move(chart.WORLD, -c.amount).move(chart.fund(c.fund), c.amount)

    def _settle(self, books: Books, c: t.Settle, at: datetime) -> Draft:
        merchant = chart.merchant(c.merchant)
        if books.accounts[merchant] < c.amount:
            raise no.MERCHANT_SHORT(available=books.accounts[merchant])
        return books.draft(c.amount).move(merchant, -c.amount).move(chart.WORLD, c.amount)

    def _earn(self, books: Books, c: t.Earn, at: datetime) -> Draft:
        person, fund = chart.resident(c.resident), chart.fund(c.fund)
        books.need_open(person, no.RESIDENT_CLOSED)
        books.need_open(fund, no.FUND_CLOSED)
        if c.expires_at <= at:
            raise _over(c.expires_at, self._clock.now())
        rooms = [max(0, cap.ceiling - books.counters[cap.key]) for cap in c.caps]
        granted = min([c.amount, *rooms])
        if books.accounts[fund] < granted:
            raise no.FUND_SHORT(available=books.accounts[fund])
        draft = books.draft(granted)
        draft.cuts = [Cut(cap.key, c.amount, room) for cap, room in zip(c.caps, rooms, strict=True) if room < c.amount]
        grant = Grant(c, granted, books.number + 1)
        books.grants[c.id] = grant
        if granted == 0:
            return draft
        for cap in c.caps:
            books.counters[cap.key] += granted
        draft.move(fund, -granted)
        if c.opens_at is not None and c.opens_at > at:
            grant.waits = True
            draft.move(chart.PENDING, granted)
            books.purse(c.resident).pending += granted
            draft.also["opens_at"] = _ms(c.opens_at)
        else:
            draft.move(person, granted)
            books.place(c.resident, Lot(c.expires_at, grant.lot, granted, fund))
        return draft

    def _hold(self, books: Books, c: t.Hold, at: datetime) -> Draft:
        offer = books.offers.get(c.offer)
        if offer is None:
            raise no.OFFER_UNKNOWN()
        books.need_open(chart.resident(c.resident), no.RESIDENT_CLOSED)
        books.need_open(f"offer:{c.offer}", no.OFFER_CLOSED)
        if at < offer.terms.starts_at:
            raise no.OFFER_NOT_STARTED(starts_at=_ms(offer.terms.starts_at))
        if at >= offer.terms.ends_at:
            raise no.OFFER_ENDED(ends_at=_ms(offer.terms.ends_at))
        if c.expires_at <= at:
            raise _over(c.expires_at, self._clock.now())
        points = offer.terms.price * c.quantity
        if points > GRANT_CEILING:
            raise no.OVER_CEILING()
        if offer.stock < c.quantity:
            raise no.OUT_OF_STOCK(stock=offer.stock)
        counted = self._count_windows(books, c, offer, at)
        purse = books.purse(c.resident)
        if purse.alive(at) < points:
            raise no.INSUFFICIENT_POINTS(available=purse.alive(at), needed=points)
        parts = purse.take(points, at)
        purse.held += points
        offer.stock -= c.quantity
        for window in counted:
            books.tallies[window] = books.tallies.get(window, 0) + c.quantity
        books.holdings[c.id] = Holding(c, points, offer.terms.price, parts, counted)
        draft = books.draft(points).move(chart.resident(c.resident), -points).move(chart.HELD, points)
        draft.also = {"expires_at": _ms(c.expires_at), "price": offer.terms.price, "stock": offer.stock}
        return draft

    def _count_windows(self, books: Books, c: t.Hold, offer: Offer, at: datetime) -> list[tuple[str, ...]]:
        counted: list[tuple[str, ...]] = []
        for limit in offer.terms.limits:
            window = (c.offer, c.resident, limit.period, window_of(limit.period, at.astimezone(self._zone)))
            if books.tallies.get(window, 0) + c.quantity > limit.quantity:
                raise no.LIMIT_REACHED(period=limit.period)
            counted.append(window)
        return counted

    def _capture(self, books: Books, c: t.Capture, at: datetime) -> Draft:
        holding = books.holding(c.hold)
        command = holding.command
        books.need_open(chart.resident(command.resident), no.RESIDENT_CLOSED)
        books.need_open(chart.merchant(c.merchant), no.MERCHANT_CLOSED)
        books.need_open(f"clerk:{c.clerk}", no.CLERK_CLOSED)
        books.need_open(f"offer:{command.offer}", no.OFFER_CLOSED)
        if c.merchant not in books.offers[command.offer].terms.merchants:
            raise no.FOREIGN_MERCHANT()
        holding.need_alive(at)
        amount = holding.points if c.amount is None else c.amount
        if amount > holding.points:
            raise no.OVER_HOLD(points=holding.points)
        draft = books.draft(amount).move(chart.HELD, -holding.points).move(chart.merchant(c.merchant), amount)
        holding.state, holding.captured, holding.merchant, holding.capture = "captured", amount, c.merchant, c.id
        kept, rest = holding.split(amount)
        holding.sold = kept
        books.captures[c.id] = holding
        books.return_parts(draft, holding, rest, at)
        books.return_units(holding, command.quantity - -(-amount // holding.price))
        draft.also["released"] = holding.points - amount
        return draft

    def _release(self, books: Books, c: t.Release, at: datetime) -> Draft:
        holding = books.holding(c.hold)
        holding.need_alive(at)
        return books.give_up(holding, "released", at)

    def _refund(self, books: Books, c: t.Refund, at: datetime) -> Draft:
        holding = books.captures.get(c.capture)
        if holding is None:
            raise no.CAPTURE_UNKNOWN()
        rest = holding.captured - holding.refunded
        amount = rest if c.amount is None else c.amount
        if amount > rest or rest == 0:
            raise no.OVER_CAPTURE(points=rest)
        shop = chart.merchant(str(holding.merchant))
        if books.accounts[shop] < amount:
            raise no.MERCHANT_SHORT(available=books.accounts[shop])
        holding.refunded += amount
        draft = books.draft(amount).move(shop, -amount)
        back: list[Part] = []
        while amount:
            part = holding.sold.pop()
            used = min(amount, part.points)
            back.append(Part(part.lot, used))
            if used < part.points:
                holding.sold.append(Part(part.lot, part.points - used))
            amount -= used
        for part in back:
            lot = part.lot
            if lot.expires <= at:
                lot.expires = books.graced.setdefault(lot.number, at + _GRACE)
        books.return_lots(draft, holding.command.resident, back, at)
        draft.also["refundable"] = rest - draft.amount
        return draft

    def _reverse(self, books: Books, c: t.Reverse, at: datetime) -> Draft:
        grant = books.grants.get(c.earning)
        if grant is None:
            raise no.EARNING_UNKNOWN()
        if grant.undone:
            raise no.ALREADY_REVERSED()
        earn, purse = grant.command, books.purse(grant.command.resident)
        grant.undone = True
        if grant.waits:
            grant.waits = False
            purse.pending -= grant.granted
            draft = books.draft(grant.granted).move(chart.PENDING, -grant.granted)
        else:
            left = books.take_back(grant)
            draft = books.draft(left).move(chart.resident(earn.resident), -left)
        draft.move(chart.fund(earn.fund), draft.amount)
        for cap in earn.caps:
            books.counters[cap.key] -= grant.granted
        draft.also["lost"] = grant.granted - draft.amount
        return draft

    def _set_offer(self, books: Books, c: t.SetOffer, at: datetime) -> Draft:
        books.offers.setdefault(c.offer, Offer(c)).terms = c
        return books.draft(0)

    def _adjust_stock(self, books: Books, c: t.AdjustStock, at: datetime) -> Draft:
        offer = books.offers.get(c.offer)
        if offer is None:
            raise no.OFFER_UNKNOWN()
        if offer.stock + c.delta < 0:
            raise no.STOCK_SHORT(stock=offer.stock)
        if offer.stock + c.delta >= CEILING:
            raise no.OVER_CEILING()
        offer.stock += c.delta
        draft = books.draft(0)
        draft.also["stock"] = offer.stock
        return draft

    def _set_gate(self, books: Books, c: t.SetGate, at: datetime) -> Draft:
        (books.closed.discard if c.open else books.closed.add)(c.subject)
        return books.draft(0)

    def _send(self, books: Books, c: t.SendAcross, at: datetime) -> Draft:
        books.need_open(chart.resident(c.resident), no.RESIDENT_CLOSED)
        if books.accounts[chart.clearing(c.district)] + c.amount >= CEILING:
            raise no.OVER_CEILING()
        purse = books.purse(c.resident)
        if purse.alive(at) < c.amount:
            raise no.INSUFFICIENT_POINTS(available=purse.alive(at), needed=c.amount)
        purse.take(c.amount, at)
        draft = books.draft(c.amount).move(chart.resident(c.resident), -c.amount)
        return draft.move(chart.clearing(c.district), c.amount)

    def _receive(self, books: Books, c: t.ReceiveAcross, at: datetime) -> Draft:
        books.need_open(chart.resident(c.resident), no.RESIDENT_CLOSED)
        if (c.district, c.sent) in books.arrived:
            raise no.ALREADY_RECEIVED()
        if c.expires_at <= at:
            raise _over(c.expires_at, self._clock.now())
        clearing, person = chart.clearing(c.district), chart.resident(c.resident)
        if max(books.accounts[person] + c.amount, c.amount - books.accounts[clearing]) >= CEILING:
            raise no.OVER_CEILING()
        books.arrived.add((c.district, c.sent))
        books.place(c.resident, Lot(c.expires_at, books.number + 1, c.amount, clearing))
        return books.draft(c.amount).move(clearing, -c.amount).move(person, c.amount)

    # What time does

    def sweep(self, limit: int = 50) -> int:
        """As `Ledger.sweep`."""
        at = max(self._clock.now(), self._books.at)
        made = 0
        for name, kind, draft in self._books.due(at):
            self._books.append(name, kind, at, draft)
            made += 1
            if made >= limit:
                break
        return made

    # Questions

    def balance(self, resident: str) -> Balance:
        """As `Ledger.balance`."""
        purse, now = self._books.purse(resident), self._clock.now()
        lots = tuple((lot.expires, lot.left) for lot in purse.lots if lot.expires > now)
        return Balance(sum(left for _, left in lots), purse.held, purse.pending, lots)

    def account(self, name: str) -> int:
        """As `Ledger.account`."""
        if not chart.is_account(name):
            raise no.BAD_ACCOUNT(field="account")
        return self._books.accounts[name]

    def counted(self, cap: str) -> int:
        """As `Ledger.counted`."""
        return self._books.counters[cap]

    def accounts(self) -> dict[str, int]:
        """As `Ledger.accounts`."""
        return {name: points for name, points in self._books.accounts.items() if not name.startswith("resident:")}

    def hold_view(self, hold_id: str) -> HoldView | None:
        """As `Ledger.hold_view`."""
        holding = self._books.holdings.get(hold_id)
        if holding is None:
            return None
        c, state = holding.command, holding.state
        if state == "held" and self._clock.now() >= c.expires_at:
            state = "timed_out"
        sold = (holding.captured, holding.merchant)
        return HoldView(c.id, state, c.resident, c.offer, c.quantity, holding.points, c.expires_at, *sold)

    def offer(self, offer_id: str) -> OfferView | None:
        """As `Ledger.offer`."""
        offer = self._books.offers.get(offer_id)
        if offer is None:
            return None
        c, is_open = offer.terms, self.is_open(f"offer:{offer_id}")
        return OfferView(offer_id, c.price, c.merchants, c.starts_at, c.ends_at, offer.stock, is_open, c.card)

    def is_open(self, subject: str) -> bool:
        """As `Ledger.is_open`."""
        return subject not in self._books.closed

    def head(self) -> Head:
        """The number of the last entry; the twin makes no hashes."""
        return Head(self._books.number, "")

    def receipt(self, identifier: str) -> Receipt | None:
        """As `Ledger.receipt`."""
        known = self._books.records.get(identifier)
        return None if known is None else replace(known[1], replayed=True)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _over(expires_at: datetime, now: datetime) -> Refused:
    """Past its time for the ledger; the field is named when it is past for the caller's clock, too."""
    return no.BAD_TIME(field="expires_at") if expires_at <= now else no.BAD_TIME()


_DECIDE: dict[type, tuple[str, Callable[..., Draft]]] = {
    t.TopUp: ("top_up", MemoryLedger._top_up),
    t.Earn: ("earn", MemoryLedger._earn),
    t.Hold: ("hold", MemoryLedger._hold),
    t.Capture: ("capture", MemoryLedger._capture),
    t.Release: ("release", MemoryLedger._release),
    t.Refund: ("refund", MemoryLedger._refund),
    t.Reverse: ("reverse", MemoryLedger._reverse),
    t.Settle: ("settle", MemoryLedger._settle),
    t.SetOffer: ("set_offer", MemoryLedger._set_offer),
    t.AdjustStock: ("adjust_stock", MemoryLedger._adjust_stock),
    t.SetGate: ("set_gate", MemoryLedger._set_gate),
    t.SendAcross: ("send_across", MemoryLedger._send),
    t.ReceiveAcross: ("receive_across", MemoryLedger._receive),
}
