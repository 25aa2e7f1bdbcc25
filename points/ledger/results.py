"""What the ledger answers: receipts, views, and the named rungs of its ladder of refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry: the account, the points (signed) and the balance after."""

    account: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A cap that left less than was asked."""

    cap: str
    asked: int
    granted: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a posting. `amount` is what was moved: for a grant under caps it may be less than asked, or 0."""

    id: str
    number: int
    kind: str
    at: datetime
    amount: int
    legs: tuple[Leg, ...] = ()
    cuts: tuple[Cut, ...] = ()
    data: Mapping[str, str | int] = field(default_factory=dict)
    """What else the kind says: a hold's `expires_at` (ms) and `stock` left, a reversal's `lost`."""
    replayed: bool = False
    """True when the id was known and this is the first receipt again."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A resident's points now."""

    available: int
    held: int
    pending: int
    expiring: tuple[tuple[datetime, int], ...] = ()
    """The lots in the order they will be spent: when they expire, and how much."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A redemption as the ledger keeps it."""

    id: str
    state: str
    """`held`, `captured`, `released` or `timed_out`."""
    resident: str
    offer: str
    quantity: int
    points: int
    expires_at: datetime
    captured: int = 0
    merchant: str | None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer as the ledger decides it."""

    id: str
    price: int
    merchants: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    stock: int
    open: bool
    card: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: its number (0 when there is none) and hash."""

    number: int
    hash: str
