"""Pushes on their way to the service: signed and encrypted as WeChat does, doubled, late or reversed if told."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests
from wechatpy.crypto import PrpCrypto

from points.clock import Clock

_TRIES: Final = 3
_RETRY_AFTER: Final = timedelta(seconds=5)

Send = Callable[[str, bytes], bool]
"""Posts a body to an address; True when the answer was `success`."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where pushes go and the two secrets of the message-push settings (43 characters make the AES key)."""

    url: str
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)


@dataclass(slots=True)
class Push:
    """One push and how it fared: `waiting`, `delivered` or `given up`."""

    event: dict[str, Any]
    due_at: datetime
    tries: int = 0
    state: str = "waiting"


@dataclass(slots=True)
class PushMode:
    """How pushes are delivered from now on."""

    copies: int = 1
    late_seconds: float = 0.0
    reverse: bool = False


class Pushes:
    """The queue of pushes. Locks itself; nothing is locked while a push is on the wire."""

    def __init__(self, clock: Clock, appid: str, target: PushTarget | None, send: Send | None, timers: bool) -> None:
        self._clock = clock
        self._appid = appid
        self._target = target
        self._send = send or post_push
        self._timers = timers
        self._lock = threading.Lock()
        self.mode = PushMode()
        self.queue: list[Push] = []

    def plan(self, event: dict[str, Any], after_seconds: float = 0.0) -> None:
        """Queue an event; without a target it is only noted."""
        delay = after_seconds + self.mode.late_seconds
        with self._lock:
            due = self._clock.now() + timedelta(seconds=delay)
            self.queue += [Push(event, due) for _ in range(self.mode.copies)]
            del self.queue[:-5_000]
        self._wake(delay)

    def deliver_due(self) -> int:
        """Deliver what is due by the clock; answers how many the service took."""
        with self._lock:
            now = self._clock.now()
            due = (
                [push for push in self.queue if push.state == "waiting" and push.due_at <= now] if self._target else []
            )
            for push in due:
                push.state = "on the way"
        return sum(self._deliver(push) for push in (reversed(due) if self.mode.reverse else due))

    def _deliver(self, push: Push) -> bool:
        assert self._target is not None  # noqa: S101 - nothing is due without a target
        push.tries += 1
        taken = self._send(*signed_push(self._target, self._appid, push.event, self._clock.now()))
        if taken:
            push.state = "delivered"
        elif push.tries >= _TRIES:
            push.state = "given up"
        else:
            push.state, push.due_at = "waiting", self._clock.now() + _RETRY_AFTER
            self._wake(_RETRY_AFTER.total_seconds())
        return taken

    def _wake(self, after_seconds: float) -> None:
        if self._timers and self._target:
            timer = threading.Timer(after_seconds + 0.05, self.deliver_due)
            timer.daemon = True
            timer.start()


def signed_push(target: PushTarget, appid: str, event: dict[str, Any], at: datetime) -> tuple[str, bytes]:
    """The address with its signatures and the encrypted JSON body of one push in secure mode."""
    text = json.dumps(event, ensure_ascii=False)
    key = PrpCrypto(_aes_key(target.encoding_aes_key))
    encrypted = key.encrypt(text, appid).decode("ascii")
    timestamp, nonce = str(int(at.timestamp())), str(secrets.randbelow(10**10))
    query = {
        "signature": _sha1(target.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": event.get("FromUserName", ""),
        "encrypt_type": "aes",
        "msg_signature": _sha1(target.token, timestamp, nonce, encrypted),
    }
    body = {"ToUserName": event.get("ToUserName", ""), "Encrypt": encrypted}
    return f"{target.url}?{urlencode(query)}", json.dumps(body).encode()


def post_push(url: str, body: bytes) -> bool:
    """Post over HTTP with WeChat's five seconds of patience."""
    try:
        answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=5)
    except requests.RequestException:
        return False
    return answer.status_code == 200 and answer.text.strip() in {"success", ""}


def _aes_key(encoded: str) -> bytes:
    return base64.b64decode(encoded + "=")


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
