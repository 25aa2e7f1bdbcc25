"""Step one of a push: is it from WeChat, for this app, and fresh? Then its text is decrypted."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException

from backend.wechat.signatures import is_push_signature
from points.clock import Clock
from points.errors import Category, kind

FORGED: Final = kind(
    "wechat_push_forged",
    Category.FORBIDDEN,
    zh="推送签名无效。",
    en="The push is not signed by WeChat.",
)
STALE: Final = kind(
    "wechat_push_stale",
    Category.FORBIDDEN,
    zh="推送时间戳超出允许范围。",
    en="The push was signed too long ago, or ahead of time.",
)
UNREADABLE: Final = kind(
    "wechat_push_unreadable",
    Category.FORBIDDEN,
    zh="推送内容无法解密或读取。",
    en="The push cannot be decrypted or read.",
)

WINDOW: Final = timedelta(minutes=5)
_DIGITS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_AES_KEY: Final = re.compile(r"[0-9A-Za-z+/]{43}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A genuine push: its message, and the mark of this very delivery."""

    message: dict[str, Any]
    mark: str


class Envelope:
    """Checks signatures with the token of the message-push settings and decrypts with its EncodingAESKey.

    Raises ValueError when made with settings that cannot work.
    """

    def __init__(self, *, appid: str, token: str, encoding_aes_key: str, clock: Clock) -> None:
        if not appid or not token or not _AES_KEY.fullmatch(encoding_aes_key):
            raise ValueError("pushes need an appid, a token and an EncodingAESKey of 43 characters")
        self._appid = appid
        self._token = token
        self._clock = clock
        self._cipher = PrpCrypto(WeChatCrypto(token, encoding_aes_key, appid).key)

    def echo(self, query: Mapping[str, str]) -> str:
        """The answer to WeChat's question whether this address is ours; refuses as `open` does."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not is_push_signature(query.get("signature", ""), self._token, timestamp, nonce):
            raise FORGED()
        self._check_fresh(timestamp)
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes) -> Opened:
        """The message of a push in secure mode.

        Refuses `wechat_push_forged`, `wechat_push_stale` and `wechat_push_unreadable`. `signature` is not looked at:
        it does not cover the body, `msg_signature` does.
        """
        encrypted = _encrypted(body)
        timestamp, nonce, signature = (query.get(name, "") for name in ("timestamp", "nonce", "msg_signature"))
        if not is_push_signature(signature, self._token, timestamp, nonce, encrypted):
            raise FORGED()
        self._check_fresh(timestamp)
        return Opened(self._message(encrypted), f"{timestamp}:{nonce}:{signature}")

    def _check_fresh(self, timestamp: str) -> None:
        if not _DIGITS.fullmatch(timestamp):
            raise STALE()
        age_seconds = self._clock.now().timestamp() - int(timestamp)
        if abs(age_seconds) > WINDOW.total_seconds():
            raise STALE()

    def _message(self, encrypted: str) -> dict[str, Any]:
        try:
            message = json.loads(self._cipher.decrypt(encrypted, self._appid))
        except (ValueError, IndexError, KeyError, struct.error, RecursionError, WeChatException):
            message = None
        if not isinstance(message, dict):
            raise UNREADABLE()
        return message


def _encrypted(body: bytes) -> str:
    """The `Encrypt` field of a JSON body, or nothing, which no signature fits."""
    try:
        outer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    encrypted = outer.get("Encrypt") if isinstance(outer, dict) else None
    return encrypted if isinstance(encrypted, str) else ""
