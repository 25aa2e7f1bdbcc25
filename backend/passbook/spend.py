"""The gate out: points leave by the ledger alone, so that a redemption goes on while the books are down.

Nothing here reads or writes SQL. Every id is its caller's; the ledger answers a repeated one with its first receipt.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.kit.clock import fresh_id, now
from backend.kit.http.idempotency import KEY_REUSED
from backend.passbook.ahead import ledger_is_ahead
from backend.wiring import ledger, settings
from points.errors import Refused
from points.ids import derived_id, is_id
from points.ledger import chart
from points.ledger.refusals import FOREIGN_MERCHANT, ID_REUSED, LEDGER_AHEAD
from points.ledger.results import Balance, HoldView, OfferView, Receipt
from points.ledger.transfer import (
    AdjustStock,
    Capture,
    Command,
    Hold,
    PeriodLimit,
    Release,
    SetGate,
    SetOffer,
    Settle,
)

__all__ = ["FOREIGN_MERCHANT", "HoldView", "OfferView", "PeriodLimit", "Receipt"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered: price in points for one, where, from when until when, how often, and its name."""

    price: int
    merchants: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    limits: tuple[PeriodLimit, ...]
    title: dict[str, str]


def redeem(district: str, identifier: str, resident: str, offer: str, quantity: int) -> Receipt:
    """Set the points and the stock aside; the receipt's `expires_at` says until when (ms).

    A repetition comes later than the first request, so it is held against the expiry that the ledger already has.
    """
    expires_at = now() + timedelta(minutes=settings().redemption.hold_minutes)
    try:
        return _post(district, Hold(identifier, resident, offer, quantity, expires_at))
    except Refused as refusal:
        if refusal.kind is not KEY_REUSED:
            raise
    first = redemption(district, identifier)
    if first is None or (first.resident, first.offer, first.quantity) != (resident, offer, quantity):
        raise KEY_REUSED()
    return _post(district, Hold(identifier, resident, offer, quantity, first.expires_at))


def try_out(district: str, resident: str, offer: str, quantity: int) -> Receipt:
    """What redeeming would answer now, by the real path without its writes."""
    expires_at = now() + timedelta(minutes=settings().redemption.hold_minutes)
    return _post(district, Hold(fresh_id(), resident, offer, quantity, expires_at), writes=False)


def balance(district: str, resident: str) -> Balance:
    """A resident's points now."""
    return ledger(district).balance(resident)


def cancel(district: str, identifier: str) -> Receipt:
    """The resident changes their mind: points and stock come back. Repeating it answers the first receipt."""
    return _post(district, Release(derived_id(identifier, "cancel"), identifier, "resident"))


def capture(district: str, identifier: str, redemption_id: str, merchant: str, clerk: str) -> Receipt:
    """The reward is handed over: all points of the redemption go to the merchant, once."""
    return _post(district, Capture(identifier, redemption_id, merchant, clerk))


def redemption(district: str, identifier: str) -> HoldView | None:
    """A redemption as it stands now; None when the ledger has none of that id (any more)."""
    return ledger(district).hold_view(identifier) if is_id(identifier) else None


def offers(district: str, identifiers: Iterable[str]) -> dict[str, OfferView]:
    """The offers that the ledger has of these, each with its live stock."""
    found = {identifier: ledger(district).offer(identifier) for identifier in identifiers}
    return {identifier: view for identifier, view in found.items() if view is not None}


def offer(district: str, identifier: str) -> OfferView | None:
    """One offer as the ledger decides it."""
    return ledger(district).offer(identifier)


def title_of(view: OfferView | None) -> dict[str, str]:
    """An offer's name by language, from its card."""
    card: dict[str, Any] = json.loads(view.card) if view and view.card else {}
    return {language: str(text) for language, text in card.get("title", {}).items()}


def put_offer(district: str, identifier: str, offer_id: str, terms: Terms) -> Receipt:
    """Publish an offer, or change its terms. Redemptions that are open keep their price."""
    card = json.dumps({"title": terms.title}, ensure_ascii=False)
    command = SetOffer(
        identifier, offer_id, terms.price, terms.merchants, terms.starts_at, terms.ends_at, terms.limits, card
    )
    return _post(district, command)


def add_stock(district: str, identifier: str, offer_id: str, delta: int) -> Receipt:
    """Stock comes, or is taken back, never below zero; the receipt's `stock` says how much there is then."""
    return _post(district, AdjustStock(identifier, offer_id, delta))


def set_gate(district: str, identifier: str, subject: str, *, is_open: bool, reason: str, staff: str) -> Receipt:
    """Close or open `merchant:<id>`, `clerk:<id>` or `offer:<id>`; it holds for the very next posting."""
    return _post(district, SetGate(identifier, subject, is_open, reason, staff))


def settle(district: str, identifier: str, merchant: str, amount: int, memo: str) -> Receipt:
    """A merchant was paid outside: its points leave for the world."""
    return _post(district, Settle(identifier, merchant, amount, memo))


def merchant_balance(district: str, merchant: str) -> int:
    """What a merchant has captured and was not settled for yet."""
    return ledger(district).account(chart.merchant(merchant))


def _post(district: str, command: Command, writes: bool = True) -> Receipt:
    """Post; a known id with other content is the caller's key used twice. A ledger ahead of the clocks says so."""
    try:
        return ledger(district).post(command) if writes else ledger(district).preview(command)
    except Refused as refusal:
        if refusal.kind is ID_REUSED:
            raise KEY_REUSED() from refusal
        if ledger_is_ahead(refusal, command.id):
            raise LEDGER_AHEAD() from refusal
        raise
