"""Checks of texts and pictures: the two-hour rule, verdicts, and the media check whose verdict comes by push."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from backend.wechat.emulator.denials import Denied
from points.clock import Clock

ACTIVE_FOR: Final = timedelta(hours=2)
LABELS: Final = {"pass": 100, "review": 20012, "risky": 20001}
WORDS: Final = {"测试违规": "risky", "测试存疑": "review", "test-risky": "risky", "test-review": "review"}
"""Texts that hold one of these get its verdict; all others pass."""


@dataclass(slots=True)
class Person:
    """Someone who has used the app."""

    openid: str
    unionid: str | None
    seen_at: datetime


class Checks:
    """Who was here when, and what the checks say. Not locked: the world's lock is held around it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.people: dict[str, Person] = {}
        self.next_verdicts: deque[str] = deque()

    def visit(self, openid: str, unionid: str | None = None) -> Person:
        """The person opens the app now."""
        held = self.people.get(openid)
        self.people[openid] = Person(openid, unionid or (held.unionid if held else None), self._clock.now())
        return self.people[openid]

    def text(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict on a text; Denied as `_common`, or 45002 when it is too long."""
        self._common(asked)
        content = asked.get("content")
        if not isinstance(content, str) or not content:
            raise Denied(40097, "content")
        if len(content) > 2500:
            raise Denied(45002)
        suggest = next((verdict for word, verdict in WORDS.items() if word in content), "pass")
        result = {"suggest": suggest, "label": LABELS[suggest]}
        detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
        return {"result": result, "detail": detail, "trace_id": _trace_id()}

    def media(self, asked: Mapping[str, Any], appid: str, original_id: str) -> tuple[str, dict[str, Any]]:
        """The trace id of a check, and the event that will be pushed; Denied as `_common`, 40004 or 87020."""
        self._common(asked)
        if asked.get("media_type") != 2:
            raise Denied(40004)
        url = asked.get("media_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Denied(87020)
        suggest = self.next_verdicts.popleft() if self.next_verdicts else "pass"
        result = {"suggest": suggest, "label": LABELS[suggest]}
        trace_id = _trace_id()
        return trace_id, {
            "ToUserName": original_id,
            "FromUserName": asked["openid"],
            "CreateTime": int(self._clock.now().timestamp()),
            "MsgType": "event",
            "Event": "wxa_media_check",
            "appid": appid,
            "trace_id": trace_id,
            "version": 2,
            "detail": [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}],
            "errcode": 0,
            "errmsg": "ok",
            "result": result,
        }

    def _common(self, asked: Mapping[str, Any]) -> None:
        """Denied 40097 for version or scene, 40003 or 43104 for the person, 61010 when last seen over two hours ago."""
        openid = asked.get("openid")
        if asked.get("version") != 2 or asked.get("scene") not in (1, 2, 3, 4):
            raise Denied(40097)
        if not isinstance(openid, str) or not openid:
            raise Denied(40003)
        person = self.people.get(openid)
        if person is None:
            raise Denied(43104)
        if self._clock.now() - person.seen_at > ACTIVE_FOR:
            raise Denied(61010)


def _trace_id() -> str:
    return "-".join(secrets.token_hex(4) for _ in range(3))
