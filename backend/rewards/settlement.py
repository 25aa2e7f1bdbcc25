"""The last step of a point: a merchant is paid for what it gave, and its account goes down by that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.kit import audit
from backend.kit.auth import Caller
from backend.kit.db import find, transaction
from backend.kit.http.idempotency import answered_before
from backend.merchants.models import Merchant, Shop
from backend.merchants.service import shops_of
from backend.passbook import spend


@dataclass(frozen=True)
class Account:
    """A merchant with its shops, and the points it captured and was not settled for yet."""

    id: str
    name: str
    street: str
    closed: bool
    shops: list[Shop]
    balance: int


@dataclass(frozen=True)
class Settlement:
    id: str
    merchant: str
    amount: int
    balance: int
    number: int
    at: datetime


def account(caller: Caller, identifier: str) -> Account:
    """A merchant as staff see it."""
    merchant = find(Merchant, caller.district, identifier)
    balance = spend.merchant_balance(caller.district, merchant.id)
    return Account(merchant.id, merchant.name, merchant.street, merchant.closed, shops_of(merchant), balance)


def settle(caller: Caller, identifier: str, key: str, amount: int, memo: str) -> Settlement:
    """Points leave for money that was paid outside; refused as `merchant_short` beyond the balance.

    What staff asked for is in the audit log first; the posting has the caller's key as its id.
    """
    with transaction():
        merchant = find(Merchant, caller.district, identifier)
        audit.record(
            caller.district, caller.name, "merchant.settled", f"merchant:{merchant.id}", amount=amount, posting=key
        )
    receipt = spend.settle(caller.district, key, merchant.id, amount, memo)
    if receipt.replayed:
        answered_before()
    balance = next(leg.balance for leg in receipt.legs if leg.account == f"merchant:{merchant.id}")
    return Settlement(receipt.id, merchant.id, receipt.amount, balance, receipt.number, receipt.at)
