"""Outside money becomes cover: a fund is topped up by a fund manager, and every point given comes out of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import func, select

from backend.kit import audit, outbox
from backend.kit.auth import Caller
from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day, zone
from backend.kit.db import db, find, rows, transaction
from backend.kit.states import States
from backend.passbook import accounts, locks
from backend.passbook.models import FundTopUp
from backend.passbook.packs import SAME_PERSON
from backend.wiring import ledger, settings
from points.ledger import chart
from points.ledger.transfer import TopUp
from points.rules import Text

POSTING = "ledger.top_up"
ASKED, ACCEPTED, CONFIRMED = "asked", "accepted", "confirmed"
STATES: States[str] = States({"confirm": (frozenset({ASKED}), CONFIRMED)})


@dataclass(frozen=True)
class Fund:
    """What covers points: `balance` is not given yet."""

    name: str
    title: Text
    balance: int
    paid_in: int


def top_up(caller: Caller, fund: str, amount: int, memo: str) -> FundTopUp:
    """Record what a sponsor or the budget paid in; the posting follows the commit.

    Above the limit for one person in a day, for themselves or for the fund, it waits for a second person.
    Refused: `fund_unknown`.
    """
    accounts.refuse_unknown(fund)
    with transaction() as session:
        locks.hold(caller.district, ["top-ups"])
        alone = max(
            _accepted_today(caller.district, FundTopUp.by == caller.name),
            _accepted_today(caller.district, FundTopUp.fund == fund),
        )
        enough = alone + amount <= settings().approvals.top_up_points_alone_a_day
        row = FundTopUp(
            district=caller.district,
            id=fresh_id(),
            fund=fund,
            amount=amount,
            memo=memo,
            by=caller.name,
            at=now(),
            state=ACCEPTED if enough else ASKED,
        )
        session.add(row)
        action = "fund.topped_up" if enough else "fund.top_up_asked"
        audit.record(caller.district, caller.name, action, chart.fund(fund), amount=amount, top_up=row.id)
        if enough:
            _send(row)
    return row


def confirm(caller: Caller, identifier: str) -> FundTopUp:
    """A second person confirms a large top-up. Refused: `second_person_needed`, `wrong_state`."""
    with transaction():
        row = find(FundTopUp, caller.district, identifier, lock=True)
        row.state = STATES.after(row.state, "confirm")
        if row.by == caller.name:
            raise SAME_PERSON()
        row.confirmed_by, row.confirmed_at = caller.name, now()
        name = chart.fund(row.fund)
        audit.record(caller.district, caller.name, "fund.topped_up", name, amount=row.amount, top_up=row.id)
        _send(row)
    return row


def funds(district: str) -> list[Fund]:
    """All funds that were ever topped up, with what is left of each."""
    paid: dict[str, int] = {}
    for row in db.session.scalars(rows(FundTopUp, district).where(FundTopUp.state != ASKED)):
        paid[row.fund] = paid.get(row.fund, 0) + row.amount
    return [
        Fund(name, accounts.title_of(name), ledger(district).account(chart.fund(name)), paid[name])
        for name in sorted(paid)
    ]


def _send(row: FundTopUp) -> None:
    row.posting = fresh_id()
    outbox.send(row.district, POSTING, {"top_up": row.id})


@outbox.handles(POSTING)
def post_top_up(district: str, payload: dict[str, Any]) -> None:
    """Post a top-up under the id that was made for it."""
    row = find(FundTopUp, district, payload["top_up"], lock=True)
    row.entry = (
        ledger(district).post(TopUp(id=row.posting or row.id, fund=row.fund, amount=row.amount, memo=row.memo)).number
    )


def _accepted_today(district: str, of: Any) -> int:
    """What was taken today on one person's word."""
    begun = datetime.combine(local_day(now()), time(), zone())
    query = select(func.sum(FundTopUp.amount)).where(
        FundTopUp.district == district, FundTopUp.state == ACCEPTED, FundTopUp.at >= begun, of
    )
    return int(db.session.scalar(query) or 0)
