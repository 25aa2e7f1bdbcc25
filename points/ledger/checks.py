"""What can be seen to be wrong from a command alone: refused by name before any ledger is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from points.amounts import CEILING, GRANT_CEILING, is_whole
from points.clock import to_ms
from points.errors import Kind
from points.ids import is_id, ms_of
from points.ledger import refusals as no
from points.ledger import transfer as t

LONGEST_HOLD = timedelta(days=7)
"""A hold lives at most this long; it may outlive its lots by no more than this."""
PERIODS = ("day", "week", "month", "quarter", "year", "lifetime")

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029]")
_GATED = ("resident", "merchant", "clerk", "offer", "fund")


def need(holds: bool, kind: Kind, field: str) -> None:
    """Refuse with `kind` unless it holds; the refusal names the field."""
    if not holds:
        raise kind(field=field)


def check_id(value: object, field: str = "id") -> None:
    if not is_id(value):
        raise no.BAD_ID(field=field)


def check_name(value: object, field: str) -> None:
    """A bare identifier of a resident, merchant, clerk, offer, fund or district."""
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        raise no.BAD_ACCOUNT(field=field)


def check_amount(value: object, field: str = "amount", most: int = CEILING - 1) -> None:
    """A whole number from 1 to `most`; neither a bool nor a float."""
    if type(value) is not int or not 0 < value <= most:
        raise no.BAD_AMOUNT(field=field)


def check_text(value: object, field: str, longest: int, least: int = 0) -> None:
    if not isinstance(value, str) or not least <= len(value) <= longest or _CONTROL.search(value):
        raise no.BAD_TEXT(field=field)


def check_time(value: object, field: str) -> None:
    """An aware time that can be counted and shown in every zone."""
    if not isinstance(value, datetime) or value.utcoffset() is None or not _FIRST <= value < _LAST:
        raise no.BAD_TIME(field=field)


def _check_expiry(c: t.Earn | t.Hold | t.ReceiveAcross, now: datetime) -> None:
    """It expires at a time that was still to come when the command got its id.

    Whether it still is, the ledger decides: for one that it has posted, it is the first receipt that counts.
    """
    check_time(c.expires_at, "expires_at")
    if to_ms(c.expires_at) <= min(to_ms(now), ms_of(c.id)):
        raise no.BAD_TIME(field="expires_at")


def _top_up(c: t.TopUp, now: datetime) -> None:
    check_name(c.fund, "fund")
    check_amount(c.amount)
    check_text(c.memo, "memo", 200)


def _caps(caps: tuple[t.Cap, ...]) -> None:
    need(isinstance(caps, tuple) and len(caps) <= 16, no.BAD_CAP, "caps")
    seen: set[str] = set()
    for cap in caps:
        need(isinstance(cap, t.Cap), no.BAD_CAP, "caps")
        check_text(cap.key, "caps", 200, 1)
        need(is_whole(cap.ceiling) and 0 <= cap.ceiling < CEILING and cap.key not in seen, no.BAD_CAP, "caps")
        seen.add(cap.key)


def _earn(c: t.Earn, now: datetime) -> None:
    check_name(c.resident, "resident")
    check_name(c.fund, "fund")
    check_amount(c.amount, most=GRANT_CEILING)
    check_time(c.deed_at, "deed_at")
    need(c.deed_at <= now + timedelta(days=1), no.BAD_TIME, "deed_at")
    _check_expiry(c, now)
    if c.opens_at is not None:
        check_time(c.opens_at, "opens_at")
        need(c.opens_at < c.expires_at, no.BAD_TIME, "opens_at")
    _caps(c.caps)
    check_text(c.memo, "memo", 200)


def _hold(c: t.Hold, now: datetime) -> None:
    check_name(c.resident, "resident")
    check_name(c.offer, "offer")
    check_amount(c.quantity, "quantity", GRANT_CEILING)
    _check_expiry(c, now)
    need(c.expires_at <= now + LONGEST_HOLD, no.BAD_TIME, "expires_at")


def _capture(c: t.Capture, now: datetime) -> None:
    check_id(c.hold, "hold")
    check_name(c.merchant, "merchant")
    check_name(c.clerk, "clerk")
    if c.amount is not None:
        check_amount(c.amount, most=GRANT_CEILING)


def _release(c: t.Release, now: datetime) -> None:
    check_id(c.hold, "hold")
    check_text(c.reason, "reason", 200)


def _refund(c: t.Refund, now: datetime) -> None:
    check_id(c.capture, "capture")
    check_name(c.staff, "staff")
    check_text(c.reason, "reason", 200, 1)
    if c.amount is not None:
        check_amount(c.amount, most=GRANT_CEILING)


def _reverse(c: t.Reverse, now: datetime) -> None:
    check_id(c.earning, "earning")
    check_text(c.reason, "reason", 200, 1)
    need(isinstance(c.staff, tuple) and len(c.staff) == 2, no.BAD_STAFF, "staff")
    for person in c.staff:
        check_name(person, "staff")
    need(c.staff[0] != c.staff[1], no.BAD_STAFF, "staff")


def _settle(c: t.Settle, now: datetime) -> None:
    check_name(c.merchant, "merchant")
    check_amount(c.amount)
    check_text(c.memo, "memo", 200)


def _set_offer(c: t.SetOffer, now: datetime) -> None:
    check_name(c.offer, "offer")
    check_amount(c.price, "price", GRANT_CEILING)
    need(isinstance(c.merchants, tuple) and 0 < len(c.merchants) <= 500, no.BAD_ACCOUNT, "merchants")
    for merchant in c.merchants:
        check_name(merchant, "merchants")
    check_time(c.starts_at, "starts_at")
    check_time(c.ends_at, "ends_at")
    need(c.starts_at < c.ends_at, no.BAD_TIME, "ends_at")
    need(isinstance(c.limits, tuple), no.BAD_LIMIT, "limits")
    for limit in c.limits:
        need(isinstance(limit, t.PeriodLimit) and limit.period in PERIODS, no.BAD_LIMIT, "limits")
        check_amount(limit.quantity, "limits", GRANT_CEILING)
    need(len({limit.period for limit in c.limits}) == len(c.limits), no.BAD_LIMIT, "limits")
    check_text(c.card, "card", 1000)


def _adjust_stock(c: t.AdjustStock, now: datetime) -> None:
    check_name(c.offer, "offer")
    need(is_whole(c.delta) and c.delta != 0 and abs(c.delta) < CEILING, no.BAD_AMOUNT, "delta")


def _set_gate(c: t.SetGate, now: datetime) -> None:
    sort, _, name = c.subject.partition(":") if isinstance(c.subject, str) else ("", "", "")
    need(sort in _GATED, no.BAD_ACCOUNT, "subject")
    check_name(name, "subject")
    need(isinstance(c.open, bool), no.BAD_COMMAND, "open")
    check_text(c.reason, "reason", 200, 1)
    check_name(c.staff, "staff")


def _send(c: t.SendAcross, now: datetime) -> None:
    check_name(c.resident, "resident")
    check_name(c.district, "district")
    check_amount(c.amount, most=GRANT_CEILING)


def _receive(c: t.ReceiveAcross, now: datetime) -> None:
    check_name(c.resident, "resident")
    check_name(c.district, "district")
    check_amount(c.amount, most=GRANT_CEILING)
    _check_expiry(c, now)
    check_id(c.sent, "sent")


_CHECKS: dict[type, Callable[..., None]] = {
    t.TopUp: _top_up,
    t.Earn: _earn,
    t.Hold: _hold,
    t.Capture: _capture,
    t.Release: _release,
    t.Refund: _refund,
    t.Reverse: _reverse,
    t.Settle: _settle,
    t.SetOffer: _set_offer,
    t.AdjustStock: _adjust_stock,
    t.SetGate: _set_gate,
    t.SendAcross: _send,
    t.ReceiveAcross: _receive,
}


def check(command: Any, now: datetime, district: str) -> None:
    """Refuse, by name, a command that can be seen to be wrong; `now` is the caller's clock."""
    rule = _CHECKS.get(type(command))
    if rule is None:
        raise no.BAD_COMMAND(field="command")
    check_id(command.id)
    rule(command, now)
    if isinstance(command, (t.SendAcross, t.ReceiveAcross)):
        need(command.district != district, no.BAD_ACCOUNT, "district")
