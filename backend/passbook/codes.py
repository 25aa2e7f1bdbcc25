"""Between the resident's screen and the clerk's scanner: a signed code that proves a redemption for a few seconds."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.kit.clock import now
from backend.wiring import settings
from points.clock import from_ms, to_ms
from points.errors import Category, kind
from points.ids import is_id

CODE_MALFORMED = kind(
    "code_malformed",
    Category.INVALID,
    zh="这不是兑换码，请让居民打开兑换页面再扫一次。",
    en="This is not a redemption code; ask the resident to open their redemption, and scan again.",
)
CODE_UNKNOWN = kind(
    "code_unknown",
    Category.NOT_FOUND,
    zh="无法识别这个兑换码，请让居民刷新兑换码。",
    en="This code is not one of ours; ask the resident for a fresh one.",
)
CODE_EXPIRED = kind(
    "code_expired",
    Category.GONE,
    zh="兑换码已过期，请让居民刷新兑换码，积分没有损失。",
    en="This code has run out; ask the resident for a fresh one. No points are lost.",
)

LENGTH = 72
"""Characters of a code: 54 bytes in base64url."""
_HOLD, _TIME, _NONCE, _MAC = 16, 6, 16, 16
_SIGNED = _HOLD + _TIME + _NONCE
_SHAPE = re.compile(rf"[0-9A-Za-z_-]{{{LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says: which redemption, until when, and a nonce of 128 bits by which it is used once."""

    redemption: str
    expires_at: datetime
    nonce: str
    text: str


def issue(district: str, redemption: str, issued_at: datetime) -> Code:
    """The code of a redemption that was issued at a time; the same time gives the same code."""
    said = settings()
    expires_at = issued_at + timedelta(seconds=said.redemption.code_seconds)
    key = said.secrets.signing_key.encode()
    hold, until = UUID(redemption).bytes, to_ms(expires_at).to_bytes(_TIME, "big")
    nonce = _keyed(key, "nonce", district, hold + until)[:_NONCE]
    signed = hold + until + nonce
    text = base64.urlsafe_b64encode(signed + _keyed(key, "code", district, signed)[:_MAC]).decode()
    return Code(redemption, from_ms(to_ms(expires_at)), nonce.hex(), text)


def read(district: str, text: str) -> Code:
    """What a scanned code says; refused as `code_malformed`, `code_unknown` (not signed here) or `code_expired`."""
    raw = _raw(text)
    signed, mac = raw[:_SIGNED], raw[_SIGNED:]
    redemption = str(UUID(bytes=signed[:_HOLD]))
    if not is_id(redemption):
        raise CODE_MALFORMED()
    if not hmac.compare_digest(mac, _keyed(settings().secrets.signing_key.encode(), "code", district, signed)[:_MAC]):
        raise CODE_UNKNOWN()
    expires_at = from_ms(int.from_bytes(signed[_HOLD : _HOLD + _TIME], "big"))
    if now() >= expires_at:
        raise CODE_EXPIRED()
    return Code(redemption, expires_at, signed[-_NONCE:].hex(), text)


def _raw(text: str) -> bytes:
    if _SHAPE.fullmatch(text) is None:
        raise CODE_MALFORMED()
    return base64.urlsafe_b64decode(text)


def _keyed(key: bytes, purpose: str, district: str, content: bytes) -> bytes:
    return hmac.digest(key, f"redemption-{purpose}\n{district}\n".encode() + content, "sha256")
