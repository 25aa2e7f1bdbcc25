"""A resident takes a reward: points and stock are set aside, a code appears on the screen.

No SQL is touched here, unless the pack in force limits how often one may redeem.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.kit.auth import Caller
from backend.kit.clock import now
from backend.kit.db import NOT_FOUND
from backend.kit.http.idempotency import KEY_REUSED, answered_before
from backend.passbook import codes, redeeming, spend
from backend.wiring import parts
from points.clock import from_ms, to_ms
from points.errors import Category, Refused, kind

REDEMPTION_ENDED = kind(
    "redemption_ended",
    Category.CONFLICT,
    zh="这次兑换已结束（{state}），可以重新兑换。",
    en="This redemption is over ({state}); you can redeem again.",
    words={"state": {"captured": "已核销", "released": "已取消", "timed_out": "已过期"}},
)
_KEY_MEMORY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Redeemed:
    """A redemption as it began, with its first code."""

    id: str
    code: str
    code_expires_at: datetime
    expires_at: datetime
    points: int
    state: str = "held"


@dataclass(frozen=True)
class Obstacle:
    """Why a redemption is refused, and whether asking again later may help."""

    code: str
    said: dict[str, str]
    retry: bool


@dataclass(frozen=True)
class Trial:
    """What redeeming would answer now: the points it takes and what is left of them; or why it is refused."""

    possible: bool
    available: int
    points: int | None = None
    left: int | None = None
    refusal: Obstacle | None = None


@dataclass(frozen=True)
class Standing:
    """A redemption as it stands; `title` is the reward's name by language."""

    id: str
    reward_id: str
    title: dict[str, str]
    quantity: int
    points: int
    state: str
    expires_at: datetime
    merchant: str | None


def redeem(caller: Caller, key: str, reward_id: str, quantity: int) -> Redeemed:
    """The caller's key is the id of the redemption: repeated, the ledger and the signature give the first answer."""
    redeeming.begin(caller.district, caller.id, key)
    try:
        receipt = spend.redeem(caller.district, key, caller.id, reward_id, quantity)
    except Refused as refusal:
        redeeming.give_back(caller.district, key, refusal)
        raise
    if receipt.replayed:
        answered_before()
    code = codes.issue(caller.district, key, receipt.at)
    return Redeemed(key, code.text, code.expires_at, from_ms(int(receipt.data["expires_at"])), receipt.amount)


def try_out(caller: Caller, reward: str, quantity: int) -> Trial:
    """The real path without its writes; what stands in the way is told, not raised, unless the service is away."""
    available = spend.balance(caller.district, caller.id).available
    try:
        redeeming.look(caller.district, caller.id)
        receipt = spend.try_out(caller.district, caller.id, reward, quantity)
    except Refused as refusal:
        if refusal.kind.category is Category.NOT_FOUND:
            raise NOT_FOUND() from refusal
        if refusal.kind.category not in (Category.CONFLICT, Category.GONE):
            raise
        said = {"zh": refusal.sentence(), "en": refusal.sentence("en")}
        return Trial(False, available, refusal=Obstacle(refusal.code, said, refusal.kind.retry))
    return Trial(True, available, receipt.amount, available - receipt.amount)


def fresh_code(caller: Caller, redemption: str, key: str) -> codes.Code:
    """A new code for the screen; the ones before it run out by themselves. Moves nothing.

    The key is remembered for a day in the cache, so that a repeated request shows the same code.
    """
    held = _own(caller, redemption)
    name = f"code-key:{caller.district}:{caller.id}:{key}"
    cache = parts().cache
    fresh = f"{redemption} {to_ms(now())}"
    is_new = held.state == "held" and bool(cache.set(name, fresh, nx=True, px=_KEY_MEMORY_MS))
    first = fresh if is_new else cache.get(name)
    if first is None:
        raise REDEMPTION_ENDED(state=held.state)
    issued_for, _, issued_ms = str(first).partition(" ")
    if issued_for != redemption:
        raise KEY_REUSED()
    if not is_new:
        answered_before()
    return codes.issue(caller.district, redemption, from_ms(int(issued_ms)))


def cancel(caller: Caller, redemption: str) -> Standing:
    """Points and stock come back; refused as `hold_captured` or `hold_timed_out` when it is over already."""
    _own(caller, redemption)
    spend.cancel(caller.district, redemption)
    return see(caller, redemption)


def see(caller: Caller, redemption: str) -> Standing:
    """The caller's own redemption; someone else's is not found."""
    return standing(caller.district, _own(caller, redemption))


def standing(district: str, held: spend.HoldView) -> Standing:
    """A redemption with its reward's name."""
    title = spend.title_of(spend.offer(district, held.offer))
    return Standing(held.id, held.offer, title, held.quantity, held.points, held.state, held.expires_at, held.merchant)


def _own(caller: Caller, redemption: str) -> spend.HoldView:
    held = spend.redemption(caller.district, redemption)
    if held is None or held.resident != caller.id:
        raise NOT_FOUND()
    return held
