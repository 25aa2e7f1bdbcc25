"""What can go wrong on the way to WeChat, safe to log: a number and a word, never a sentence or an address."""

from __future__ import annotations

import re
from typing import Final

from wechatpy.exceptions import WeChatException

BUSY: Final = -1
STALE_TOKEN: Final = frozenset({40001, 40014, 42001})
"""WeChat does not take the access token any more; nothing was done, so asking again with another one is safe."""

_RID = re.compile(r"rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")


class CallFailed(WeChatException):  # type: ignore[misc]  # ships no types
    """A call to WeChat without a usable answer.

    Holds neither request nor response, as these hold the app's secret. `errcode` is WeChat's number, None when no
    number came. `reason` is a word of ours: `answered`, `unreachable`, `timeout`, `status`, `unreadable`, `too_large`,
    `cache`, `token`. `rid` is WeChat's name of the request, for its support desk.
    """

    def __init__(self, errcode: int | None, reason: str, rid: str | None = None) -> None:
        super().__init__(errcode, reason)
        self.errcode: int | None = errcode
        self.reason = reason
        self.rid = rid

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self.errcode == BUSY or self.reason == "unreachable"


def answered(errcode: int, errmsg: object) -> CallFailed:
    """The failure WeChat itself named; of its sentence only the request's name is kept."""
    found = _RID.search(errmsg) if isinstance(errmsg, str) else None
    return CallFailed(errcode, "answered", found.group(1) if found else None)


def unreadable() -> CallFailed:
    """An answer that is not what the contract says."""
    return CallFailed(None, "unreadable")
