"""Data a mini-program hands over encrypted under the session key of its last sign-in."""

from __future__ import annotations

import struct
from typing import Any

from wechatpy.crypto import WeChatWxaCrypto
from wechatpy.exceptions import WeChatException

from backend.wechat.refusals import OPEN_DATA_STALE


def opened(encrypted: str, *, iv: str, session_key: str, appid: str) -> dict[str, Any]:
    """The fields inside; refuses `wechat_open_data_stale` when key, iv, text or app do not belong together.

    The usual reason is that the person signed in again since, which changes the key: sign in once more and retry.
    """
    try:
        fields = WeChatWxaCrypto(session_key, iv, appid).decrypt_message(encrypted)
    except (ValueError, TypeError, IndexError, KeyError, struct.error, WeChatException):
        fields = None
    if not isinstance(fields, dict):
        raise OPEN_DATA_STALE()
    return fields
