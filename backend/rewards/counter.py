"""At the counter: a clerk scans the code, sees what it is for, and hands the reward over. No SQL is touched here.

A scan binds the code to the first clerk who could use it; the mark lives in the cache and may be lost, because it is
the ledger that ends a redemption once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.db import NOT_FOUND
from backend.kit.http.idempotency import answered_before
from backend.passbook import codes, spend
from backend.rewards.redemptions import REDEMPTION_ENDED, Standing, standing
from backend.wiring import parts, settings
from points.clock import from_ms, to_ms
from points.errors import Category, Refused, kind

CODE_USED = kind(
    "code_used",
    Category.CONFLICT,
    zh="这个兑换码已经用过；如需再次核对，请让居民刷新兑换码。",
    en="This code was used already; ask the resident for a fresh one if it must be checked again.",
)
LOOKUP_NEEDED = kind(
    "lookup_needed",
    Category.CONFLICT,
    zh="扫码已超过时限，请重新扫描居民的兑换码。",
    en="The scan was too long ago; scan the resident's code again.",
)
_MARGIN_MS = 60_000
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class LookedUp:
    """What the clerk is about to hand over, and until when."""

    redemption: Standing
    capture_before: datetime


@dataclass(frozen=True)
class Captured:
    """The merchant's receipt: `id` is the redemption's, `receipt` the ledger's entry."""

    id: str
    receipt: str
    number: int
    points: int
    captured_at: datetime
    state: str = "captured"


def lookup(caller: Caller, text: str) -> LookedUp:
    """What a code is for. The same clerk may scan it again within its life; another clerk finds it used.

    1. the code itself  2. the redemption and its offer's merchants  3. the first clerk's mark, taken in one step.
    A wrong shop is told so before anything is marked, so that the resident can still go to the right one.
    """
    code = codes.read(caller.district, text)
    held = spend.redemption(caller.district, code.redemption)
    if held is None:
        raise codes.CODE_UNKNOWN()
    offer = spend.offer(caller.district, held.offer)
    if offer is None or caller.merchant not in offer.merchants:
        raise spend.FOREIGN_MERCHANT()
    if held.state == "captured":
        raise CODE_USED()
    if held.state != "held":
        raise REDEMPTION_ENDED(state=held.state)
    scanned_ms = _take(caller, code)
    parts().cache.set(_scan_mark(caller, held.id), scanned_ms, px=_DAY_MS)
    return LookedUp(standing(caller.district, held), _capture_before(scanned_ms))


def capture(caller: Caller, redemption: str, key: str) -> Captured:
    """Hand it over: the clerk who scanned it, within the time a scan is good for, once.

    A repeated key gets its first receipt, however late, and another key `hold_captured`; without a scan of one's own
    a redemption that is still open is not found.
    """
    scanned_ms = parts().cache.get(_scan_mark(caller, redemption))
    if scanned_ms is None:
        return _repeated(caller, redemption, key, NOT_FOUND())
    if now() >= _capture_before(int(scanned_ms)):
        return _repeated(caller, redemption, key, LOOKUP_NEEDED())
    return _capture(caller, redemption, key)


def _repeated(caller: Caller, redemption: str, key: str, otherwise: Refused) -> Captured:
    """What the ledger says of a redemption that this merchant has captured already; it can move nothing more."""
    held = spend.redemption(caller.district, redemption)
    if held is None or held.merchant is None or held.merchant != caller.merchant:
        raise otherwise
    return _capture(caller, redemption, key)


def _capture(caller: Caller, redemption: str, key: str) -> Captured:
    receipt = spend.capture(caller.district, key, redemption, caller.merchant or "", caller.id)
    if receipt.replayed:
        answered_before()
    return Captured(redemption, receipt.id, receipt.number, receipt.amount, receipt.at)


def _take(caller: Caller, code: codes.Code) -> int:
    """When this clerk first scanned the code (ms); refused as `code_used` when another one did."""
    cache, name, now_ms = parts().cache, f"code-used:{caller.district}:{code.nonce}", to_ms(now())
    left_ms = to_ms(code.expires_at) - now_ms + _MARGIN_MS
    if cache.set(name, f"{caller.id} {now_ms}", nx=True, px=left_ms):
        return now_ms
    clerk, _, scanned_ms = str(cache.get(name) or "").partition(" ")
    if clerk != caller.id:
        raise CODE_USED()
    return int(scanned_ms)


def _scan_mark(caller: Caller, redemption: str) -> str:
    return f"scanned:{caller.district}:{caller.id}:{redemption}"


def _capture_before(scanned_ms: int) -> datetime:
    return from_ms(scanned_ms) + timedelta(minutes=settings().redemption.lookup_minutes)
