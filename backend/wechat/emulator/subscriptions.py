"""Templates, the credits people gave for them, and the messages that were sent."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backend.wechat.emulator.denials import Denied
from backend.wechat.emulator.template_fields import check_fields, is_field_name
from points.clock import Clock

_STATES: Final = ("developer", "trial", "formal")
_LANGUAGES: Final = ("zh_CN", "en_US", "zh_HK", "zh_TW")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the person would see it."""

    openid: str
    template_id: str
    fields: dict[str, str]
    page: str | None
    state: str
    sent_at: datetime


class Subscriptions:
    """One accepted subscription allows one message. Not locked: the world's lock is held around it."""

    def __init__(self, clock: Clock, templates: Mapping[str, Sequence[str]], pages: frozenset[str]) -> None:
        self._clock = clock
        self._pages = pages
        self._templates: dict[str, tuple[str, ...]] = {}
        for template_id, names in templates.items():
            self.learn(template_id, names)
        self.credits: Counter[tuple[str, str]] = Counter()
        self.sent: deque[Message] = deque(maxlen=5_000)

    def learn(self, template_id: str, names: Sequence[str]) -> None:
        """Add a template; raises ValueError for a field of no known sort."""
        if wrong := [name for name in names if not is_field_name(name)]:
            raise ValueError(f"no such template field: {', '.join(wrong)}")
        self._templates[template_id] = tuple(names)

    def accept(self, openid: str, template_id: str, count: int) -> int:
        """The person taps accept `count` times; answers the credits they hold now."""
        self.credits[openid, template_id] += count
        return self.credits[openid, template_id]

    def refuse(self, openid: str, template_id: str) -> None:
        """The person switches the messages off."""
        del self.credits[openid, template_id]

    def send(self, asked: Mapping[str, Any], known: bool) -> Message:
        """Send one message, in the order of WeChat's checks; Denied 40003, 40037, 41030, 40097, 47003 or 43101."""
        openid, template_id = str(asked.get("touser", "")), str(asked.get("template_id", ""))
        page, state = asked.get("page"), str(asked.get("miniprogram_state", "formal"))
        if not known:
            raise Denied(40003)
        if template_id not in self._templates:
            raise Denied(40037)
        if page is not None and str(page).split("?")[0] not in self._pages:
            raise Denied(41030)
        if state not in _STATES or asked.get("lang", "zh_CN") not in _LANGUAGES:
            raise Denied(40097)
        names = self._templates[template_id]
        check_fields(names, asked.get("data"))
        if self.credits[openid, template_id] < 1:
            raise Denied(43101)
        self.credits[openid, template_id] -= 1
        fields = {name: str(asked["data"][name]["value"]) for name in names}
        message = Message(openid, template_id, fields, page, state, self._clock.now())
        self.sent.append(message)
        return message
