"""Bad input is refused by name before Redis is asked, and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from points.clock import FixedClock
from points.ids import new_id
from points.ledger import Ledger, connect
from points.ledger import transfer as t
from tests.points.ledger.conftest import DISTRICT
from tests.points.ledger.town import Town, refused

NOW = datetime.fromisoformat("2026-11-22T02:00:00+00:00")
LATER = NOW + timedelta(days=1)


def _id() -> str:
    return new_id(NOW)


GOOD: dict[str, Any] = {
    "top_up": t.TopUp(_id(), "civic", 5),
    "earn": t.Earn(_id(), "lin", "civic", 5, NOW, LATER),
    "hold": t.Hold(_id(), "lin", "tea", 1, LATER),
    "capture": t.Capture(_id(), _id(), "teahouse", "wei"),
    "release": t.Release(_id(), _id()),
    "refund": t.Refund(_id(), _id(), "zhou", "broken"),
    "reverse": t.Reverse(_id(), _id(), "twice", ("zhou", "qian")),
    "settle": t.Settle(_id(), "teahouse", 5),
    "set_offer": t.SetOffer(_id(), "tea", 30, ("teahouse",), NOW, LATER),
    "adjust_stock": t.AdjustStock(_id(), "tea", 1),
    "set_gate": t.SetGate(_id(), "clerk:wei", False, "left", "zhou"),
    "send": t.SendAcross(_id(), "lin", "370102", 5),
    "receive": t.ReceiveAcross(_id(), "lin", "370102", 5, LATER, _id()),
}
AMOUNTS: list[Any] = [0, -1, 1.0, 1.5, True, "5", "5", None, 10**12, Decimal(5), float("nan"), [5]]
IDS: list[Any] = [
    "",
    "x",
    None,
    5,
    "01900000-0000-4000-8000-000000000000",
    "01A200FB-5100-7147-9EF8-AFE187E32D99",
    b"x",
]
NAMES: list[Any] = ["", "resident:lin", "a b", "-a", "a" * 65, None, 5, "a\n", "居民", "{d:370102}:r:lin"]
TIMES: list[Any] = [None, "2026-11-22", 5, NOW.replace(tzinfo=None)]
TEXTS: list[Any] = ["a\tb", "a\nb", "x" * 201, None]
MOVING = ("top_up", "earn", "settle", "send", "receive")
CAP, DAY = t.Cap("a", 1), t.PeriodLimit("day", 1)

BAD = [
    *[(kind, "id", bad, "bad_id") for kind in GOOD for bad in IDS],
    *[(kind, "amount", bad, "bad_amount") for kind in MOVING for bad in AMOUNTS],
    *[(kind, "amount", bad, "bad_amount") for kind in ("capture", "refund") for bad in AMOUNTS if bad is not None],
    *[(kind, "amount", 10**6 + 1, "bad_amount") for kind in ("earn", "capture", "refund", "send", "receive")],
    *[("hold", "quantity", bad, "bad_amount") for bad in AMOUNTS],
    *[("set_offer", "price", bad, "bad_amount") for bad in AMOUNTS],
    *[("adjust_stock", "delta", bad, "bad_amount") for bad in AMOUNTS if bad != -1],
    *[(kind, "resident", bad, "bad_account") for kind in ("earn", "hold", "send", "receive") for bad in NAMES],
    *[(kind, "fund", bad, "bad_account") for kind in ("top_up", "earn") for bad in NAMES],
    *[(kind, "offer", bad, "bad_account") for kind in ("hold", "set_offer", "adjust_stock") for bad in NAMES],
    *[(kind, "merchant", bad, "bad_account") for kind in ("capture", "settle") for bad in NAMES],
    *[("capture", "clerk", bad, "bad_account") for bad in NAMES],
    *[(kind, "district", bad, "bad_account") for kind in ("send", "receive") for bad in [*NAMES, DISTRICT]],
    *[("set_gate", "subject", bad, "bad_account") for bad in [*NAMES[2:], "lin", "staff:lin", "resident:"]],
    *[("set_offer", "merchants", bad, "bad_account") for bad in [(), "teahouse", ["teahouse"], ("a,b",), None]],
    *[("earn", "expires_at", bad, "bad_time") for bad in [*TIMES, NOW, NOW - timedelta(1)]],
    *[("earn", "deed_at", bad, "bad_time") for bad in [*TIMES, NOW + timedelta(days=2)]],
    *[("earn", "opens_at", bad, "bad_time") for bad in [*TIMES[1:], LATER]],
    *[("hold", "expires_at", bad, "bad_time") for bad in [*TIMES, NOW, NOW + timedelta(days=8)]],
    *[("set_offer", "ends_at", bad, "bad_time") for bad in [*TIMES, NOW]],
    *[("receive", "expires_at", bad, "bad_time") for bad in [*TIMES, NOW]],
    *[(kind, "memo", bad, "bad_text") for kind in ("top_up", "earn", "settle") for bad in TEXTS],
    *[("reverse", "reason", bad, "bad_text") for bad in ["", "a\x00", "\ud800", "x" * 201, None]],
    *[("set_offer", "card", bad, "bad_text") for bad in ["x" * 1001, "\x7f"]],
    *[("earn", "caps", bad, "bad_cap") for bad in [None, [], (5,), (t.Cap("a", -1),), (CAP, CAP), (t.Cap("a", True),)]],
    *[("earn", "caps", bad, "bad_text") for bad in [(t.Cap("", 1),), (t.Cap("x" * 201, 1),), (t.Cap("a\tb", 1),)]],
    *[("set_offer", "limits", bad, "bad_limit") for bad in [None, (5,), (t.PeriodLimit("hour", 1),), (DAY, DAY)]],
    *[("reverse", "staff", bad, "bad_staff") for bad in [("zhou",), ("zhou", "zhou"), "zq", None, ["zhou", "qian"]]],
    *[("set_gate", "open", bad, "bad_command") for bad in [1, 0, None, "yes"]],
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "bad", "code"), BAD)
def test_bad_input_is_refused_before_redis_is_asked(kind: str, field: str, bad: Any, code: str) -> None:
    ledger = Ledger(connect("/nowhere/at/all.sock"), DISTRICT, FixedClock(NOW))
    for ask in (ledger.post, ledger.preview):
        with refused(code):
            ask(replace(GOOD[kind], **{field: bad}))
    (answer,) = ledger.post_many([replace(GOOD[kind], **{field: bad})])
    assert getattr(answer, "code", None) == code


@pytest.mark.parametrize("kind", GOOD)
def test_good_input_gets_as_far_as_redis(kind: str) -> None:
    with refused("ledger_unreachable"):
        Ledger(connect("/nowhere/at/all.sock"), DISTRICT, FixedClock(NOW)).post(GOOD[kind])


@pytest.mark.parametrize("what", [None, 5, "top_up", object()])
def test_what_is_no_command_is_refused(what: Any) -> None:
    with refused("bad_command"):
        Ledger(connect("/nowhere/at/all.sock"), DISTRICT, FixedClock(NOW)).post(what)


def test_an_unknown_account_cannot_be_asked_for(town: Town) -> None:
    for name in ("savings:lin", "resident", "resident:", "d:370102"):
        with refused("bad_account"):
            town.ledger.account(name)


def test_no_amount_leads_past_the_ceiling(town: Town) -> None:
    with refused("over_ceiling"):
        town.top_up(10**12 - 100_000)
    town.top_up(10**12 - 100_001)
    assert town.ledger.account("world") == -(10**12) + 1


def test_amounts_are_exact_up_to_the_ceiling(town: Town) -> None:
    town.top_up(10**12 - 100_001, fund="large")
    assert town.ledger.account("fund:large") == 999_999_899_999
    town.earn("lin", 10**6, fund="large")
    assert town.ledger.account("fund:large") == 999_998_899_999
