"""Step two of a push: which event it tells, in the town's words, and by what name it is known when it comes again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from backend.wechat.answers import SUGGESTIONS


@dataclass(frozen=True, slots=True)
class PushEvent:
    """Something WeChat told. `key` is the same each time the same thing is told; `told_at` is when it happened."""

    key: str
    told_at: datetime | None
    openid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MediaChecked(PushEvent):
    """The verdict on a picture: `pass`, `review` or `risky`; `review` too when WeChat could not check it."""

    trace_id: str
    suggest: str
    label: int | None


@dataclass(frozen=True, slots=True)
class SubscriptionChoice:
    """A person's yes or no to one template."""

    template_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class SubscriptionAnswered(PushEvent):
    """A person allowed or refused messages. `lasting` means a change in the settings: a no that empties the credits."""

    choices: tuple[SubscriptionChoice, ...]
    lasting: bool


@dataclass(frozen=True, slots=True)
class OtherPush(PushEvent):
    """A push this service knows no more about than its name."""

    name: str


def read_event(message: Mapping[str, Any]) -> PushEvent:
    """The event in a message; never fails, as WeChat adds events at will: unknown and odd ones are OtherPush."""
    name = _text(message.get("Event")) or _text(message.get("MsgType"))
    openid, told_at = _text(message.get("FromUserName")), _time(message.get("CreateTime"))
    trace_id = _text(message.get("trace_id"))
    if name == "wxa_media_check" and trace_id:
        suggest, label = _verdict(message)
        return MediaChecked(f"media:{trace_id}", told_at, openid, trace_id, suggest, label)
    key = _key(message)
    if name in {"subscribe_msg_popup_event", "subscribe_msg_change_event"}:
        lasting = name == "subscribe_msg_change_event"
        return SubscriptionAnswered(key, told_at, openid, _choices(message.get("List")), lasting)
    return OtherPush(key, told_at, openid, name)


def _verdict(message: Mapping[str, Any]) -> tuple[str, int | None]:
    result = message.get("result")
    if not isinstance(result, dict) or _whole(message.get("errcode", 0)) != 0:
        return "review", None
    suggest = _text(result.get("suggest"))
    return (suggest if suggest in SUGGESTIONS else "review"), _whole(result.get("label"))


def _choices(listed: object) -> tuple[SubscriptionChoice, ...]:
    """WeChat sends one choice as an object and several as an array."""
    items = listed if isinstance(listed, list) else [listed]
    return tuple(
        SubscriptionChoice(_text(item.get("TemplateId")), item.get("SubscribeStatusString") == "accept")
        for item in items
        if isinstance(item, dict) and _text(item.get("TemplateId"))
    )


def _key(message: Mapping[str, Any]) -> str:
    """By MsgId where there is one; else by the message itself, which carries person, second and content."""
    if identifier := _text(message.get("MsgId")):
        return f"msg:{identifier}"
    canonical = json.dumps(message, sort_keys=True, separators=(",", ":"))
    return f"sha:{hashlib.sha256(canonical.encode('utf-8', 'replace')).hexdigest()}"


def _text(value: object) -> str:
    return str(value)[:256] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(value: object) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _time(value: object) -> datetime | None:
    seconds = _whole(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds < 10**11 else None
