"""What the ledger can be asked to do: one frozen command for each kind of entry.

Every command is named by its caller with a UUIDv7 (`id`); the same id with the same content answers the first receipt.
Identifiers of residents, merchants, offers and clerks are bare (no `resident:` before them). Times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Cap:
    """A ceiling on what may be granted inside one window. `key` names rule, subject and local window."""

    key: str
    """For example `acts.daily:resident:0190...:2026-11-22`; at most 200 characters."""
    ceiling: int
    """Points in all within the window, 0 or more."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Outside money comes in: world -> fund."""

    id: str
    fund: str
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Earn:
    """A grant of a decision: fund -> resident (or pending, until `opens_at`). What fits under all caps is granted."""

    id: str
    resident: str
    fund: str
    amount: int
    deed_at: datetime
    expires_at: datetime
    opens_at: datetime | None = None
    caps: tuple[Cap, ...] = ()
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A redemption begins: resident -> held, stock and limits of the offer are taken in the same step.

    The id of the hold is the id of the redemption.
    """

    id: str
    resident: str
    offer: str
    quantity: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Capture:
    """The merchant hands the reward over: held -> merchant; what is not captured is released in the same entry."""

    id: str
    hold: str
    merchant: str
    clerk: str
    amount: int | None = None
    """Points to capture, 1 to the hold's; None for all."""


@dataclass(frozen=True, slots=True)
class Release:
    """A redemption is cancelled: held -> resident, the stock and the limits come back."""

    id: str
    hold: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """A merchant takes a reward back: merchant -> resident (lots past their date live 7 more days, once)."""

    id: str
    capture: str
    staff: str
    reason: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Reverse:
    """A grant was wrong: what is left of its lot goes back to the fund and the lot is closed (law 11)."""

    id: str
    earning: str
    """The id of the Earn that is undone."""
    reason: str
    staff: tuple[str, str]
    """Two different people."""


@dataclass(frozen=True, slots=True)
class Settle:
    """A merchant is paid: merchant -> world."""

    id: str
    merchant: str
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class PeriodLimit:
    """At most `quantity` by one resident in each local day, week, month, quarter or year, or for ever (`lifetime`)."""

    period: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SetOffer:
    """An offer is published or changed: its price, shops, windows and limits. Stock is changed by AdjustStock."""

    id: str
    offer: str
    price: int
    """Points for one."""
    merchants: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    limits: tuple[PeriodLimit, ...] = ()
    card: str = ""
    """What a shop shows of it, JSON, at most 1000 characters; the ledger keeps it and does not read it."""


@dataclass(frozen=True, slots=True)
class AdjustStock:
    """Stock of an offer comes (delta > 0) or is taken back (delta < 0, never below zero)."""

    id: str
    offer: str
    delta: int


@dataclass(frozen=True, slots=True)
class SetGate:
    """Someone or something is closed, or opened again. A closed one is refused in the same atomic step."""

    id: str
    subject: str
    """`resident:<id>`, `merchant:<id>`, `clerk:<id>`, `offer:<id>` or `fund:<name>`."""
    open: bool
    reason: str
    staff: str


@dataclass(frozen=True, slots=True)
class SendAcross:
    """Points leave for another district: resident -> clearing:<district>; the other side posts ReceiveAcross."""

    id: str
    resident: str
    district: str
    amount: int


@dataclass(frozen=True, slots=True)
class ReceiveAcross:
    """Points arrive from another district: clearing:<district> -> resident, as a lot of its own."""

    id: str
    resident: str
    district: str
    amount: int
    expires_at: datetime
    sent: str
    """The id of the SendAcross on the other side."""


Command = (
    TopUp
    | Earn
    | Hold
    | Capture
    | Release
    | Refund
    | Reverse
    | Settle
    | SetOffer
    | AdjustStock
    | SetGate
    | SendAcross
    | ReceiveAcross
)
