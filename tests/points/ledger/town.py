"""Short words for the ledger's tests: each posts one command under a fresh id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from points.clock import FixedClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Receipt
from points.ledger import transfer as t
from points.ledger.memory import MemoryLedger


@dataclass
class Town:
    """A ledger and its clock, with a verb for each kind of command."""

    ledger: Ledger | MemoryLedger
    clock: FixedClock

    def opened(self) -> Town:
        self.top_up(100_000)
        self.set_offer()
        self.adjust_stock(10)
        return self

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def id(self) -> str:
        return new_id(self.now)

    def top_up(self, amount: int, fund: str = "civic") -> Receipt:
        return self.ledger.post(t.TopUp(self.id(), fund, amount))

    def earning(self, resident: str = "lin", amount: int = 100, **other: Any) -> t.Earn:
        days = other.pop("days", 365)
        said = {"fund": "civic", "deed_at": self.now, "expires_at": self.now + timedelta(days=days), "id": self.id()}
        return t.Earn(resident=resident, amount=amount, **{**said, **other})

    def earn(self, resident: str = "lin", amount: int = 100, **other: Any) -> Receipt:
        return self.ledger.post(self.earning(resident, amount, **other))

    def set_offer(self, offer: str = "tea", price: int = 30, **other: Any) -> Receipt:
        said = {
            "merchants": ("teahouse",),
            "starts_at": self.now - timedelta(days=1),
            "ends_at": self.now + timedelta(days=60),
        }
        return self.ledger.post(t.SetOffer(self.id(), offer, price, **{**said, **other}))

    def adjust_stock(self, delta: int, offer: str = "tea") -> Receipt:
        return self.ledger.post(t.AdjustStock(self.id(), offer, delta))

    def holding(self, resident: str = "lin", quantity: int = 1, offer: str = "tea", minutes: float = 15) -> t.Hold:
        return t.Hold(self.id(), resident, offer, quantity, self.now + timedelta(minutes=minutes))

    def hold(self, resident: str = "lin", quantity: int = 1, offer: str = "tea", minutes: float = 15) -> Receipt:
        return self.ledger.post(self.holding(resident, quantity, offer, minutes))

    def capturing(self, hold: str, merchant: str = "teahouse", amount: int | None = None) -> t.Capture:
        return t.Capture(self.id(), hold, merchant, "wei", amount)

    def capture(self, hold: str, merchant: str = "teahouse", amount: int | None = None) -> Receipt:
        return self.ledger.post(self.capturing(hold, merchant, amount))

    def release(self, hold: str) -> Receipt:
        return self.ledger.post(t.Release(self.id(), hold, "changed their mind"))

    def refund(self, capture: str, amount: int | None = None) -> Receipt:
        return self.ledger.post(t.Refund(self.id(), capture, "zhou", "broken cup", amount))

    def reverse(self, earning: str) -> Receipt:
        return self.ledger.post(t.Reverse(self.id(), earning, "entered twice", ("zhou", "qian")))

    def settle(self, amount: int, merchant: str = "teahouse") -> Receipt:
        return self.ledger.post(t.Settle(self.id(), merchant, amount))

    def gate(self, subject: str, is_open: bool) -> Receipt:
        return self.ledger.post(t.SetGate(self.id(), subject, is_open, "checked", "zhou"))

    def close(self, subject: str) -> Receipt:
        return self.gate(subject, False)

    def available(self, resident: str = "lin") -> int:
        return self.ledger.balance(resident).available

    def sweep(self) -> int:
        """Sweep until nothing is due; answers how many entries that made."""
        made = 0
        while done := self.ledger.sweep():
            made += done
        return made


def refused(code: str) -> Any:
    """Expect a refusal of this code."""
    return pytest.raises(Refused, match=f"^{code}$")
