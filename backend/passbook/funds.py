"""Outside money becomes cover: a fund is topped up by a fund manager, and every point given comes out of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.kit import audit, outbox
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.passbook.models import FundTopUp
from backend.wiring import ledger
from points.ledger import chart
from points.ledger.transfer import TopUp

POSTING = "ledger.top_up"


@dataclass(frozen=True)
class Fund:
    """What covers points: `balance` is not given yet."""

    name: str
    balance: int
    paid_in: int


def top_up(caller: Caller, fund: str, amount: int, memo: str) -> FundTopUp:
    """Record what a sponsor or the budget paid in; the posting follows the commit."""
    with transaction() as session:
        row = FundTopUp(
            district=caller.district,
            id=fresh_id(),
            fund=fund,
            amount=amount,
            memo=memo,
            by=caller.name,
            at=now(),
        )
        session.add(row)
        audit.record(caller.district, caller.name, "fund.topped_up", chart.fund(fund), amount=amount)
        outbox.send(caller.district, POSTING, {"top_up": row.id})
    return row


def funds(district: str) -> list[Fund]:
    """All funds that were ever topped up, with what is left of each."""
    paid: dict[str, int] = {}
    for row in db.session.scalars(rows(FundTopUp, district)):
        paid[row.fund] = paid.get(row.fund, 0) + row.amount
    return [Fund(name, ledger(district).account(chart.fund(name)), paid[name]) for name in sorted(paid)]


@outbox.handles(POSTING)
def post_top_up(district: str, payload: dict[str, Any]) -> None:
    """Post a top-up under its own id."""
    row = find(FundTopUp, district, payload["top_up"], lock=True)
    row.entry = ledger(district).post(TopUp(id=row.id, fund=row.fund, amount=row.amount, memo=row.memo)).number
