"""Step three of a push: take it once, hand it on, and answer WeChat at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import redis
import structlog

from backend.settings import WeChat as WeChatSettings
from backend.wechat.account import account_of
from backend.wechat.push.envelope import WINDOW, Envelope
from backend.wechat.push.events import PushEvent, read_event
from backend.wechat.refusals import MISCONFIGURED
from points.clock import Clock

log = structlog.get_logger(__name__)

_REMEMBERED_SECONDS: Final = 7 * 86_400
_IN_HAND_SECONDS: Final = 10  # a worker that dies while handing on holds the next delivery back this long at most
_NONCE_SECONDS: Final = 2 * int(WINDOW.total_seconds())  # after that its timestamp is refused anyway

EventT = TypeVar("EventT", bound=PushEvent)


class PushHandlers:
    """Who wants to know of which event. Handlers only note the work to do: WeChat waits five seconds for all of it.

    Delivery is at least once: the memory of what was taken is a cache that may be lost, so a handler must be able to
    meet the same `event.key` twice, and events out of their order.
    """

    def __init__(self) -> None:
        self._handlers: dict[type[PushEvent], list[Callable[[Any], None]]] = {}

    def on(self, sort: type[EventT], handler: Callable[[EventT], None]) -> None:
        """Have `handler` called for each event of a sort."""
        self._handlers.setdefault(sort, []).append(handler)

    def __call__(self, event: PushEvent) -> None:
        """Hand an event to its handlers in the order they came; without one it is dropped."""
        for handler in self._handlers.get(type(event), ()):
            handler(event)


class Outcome(Enum):
    """What became of a delivery."""

    TAKEN = "taken"
    DOUBLED = "doubled"  # taken before
    IN_HAND = "in_hand"  # another delivery of it is being taken right now, and may fail yet


class PushReceiver:
    """Takes each push once for the whole fleet. `hand_on` gets the event; a PushHandlers is made for that."""

    def __init__(self, envelope: Envelope, cache: redis.Redis, hand_on: Callable[[PushEvent], None]) -> None:
        self._envelope = envelope
        self._cache = cache
        self._hand_on = hand_on

    @classmethod
    def from_settings(
        cls, settings: WeChatSettings, *, cache: redis.Redis, clock: Clock, hand_on: Callable[[PushEvent], None]
    ) -> PushReceiver:
        """The receiver for the account the settings name; refuses `wechat_misconfigured` without push settings."""
        account = account_of(settings)
        if not account.push_token or not account.push_aes_key:
            raise MISCONFIGURED()
        envelope = Envelope(
            appid=account.appid, token=account.push_token, encoding_aes_key=account.push_aes_key, clock=clock
        )
        return cls(envelope, cache, hand_on)

    def echo(self, query: Mapping[str, str]) -> str:
        """The text WeChat wants back when it asks whose address this is; refuses as Envelope does."""
        return self._envelope.echo(query)

    def receive(self, query: Mapping[str, str], body: bytes) -> Outcome:
        """Check, read and hand on one delivery; refuses as Envelope does.

        When handing on fails, nothing is remembered and the fault goes up, so that WeChat delivers again.
        """
        opened = self._envelope.open(query, body)
        event = read_event(opened.message)
        outcome = self._take(_name("nonce", opened.mark), _name("event", event.key), event)
        log.info("wechat_push", sort=type(event).__name__, outcome=outcome.value)
        return outcome

    def _take(self, nonce: str, name: str, event: PushEvent) -> Outcome:
        if self._cache.exists(nonce):
            return Outcome.DOUBLED
        if not self._cache.set(name, "in hand", nx=True, ex=_IN_HAND_SECONDS):
            return Outcome.DOUBLED if self._cache.get(name) in {"taken", b"taken"} else Outcome.IN_HAND
        handed_on = False
        try:
            self._hand_on(event)
            handed_on = True
        finally:
            if not handed_on:
                self._cache.delete(name)
        self._cache.set(name, "taken", ex=_REMEMBERED_SECONDS)
        self._cache.set(nonce, "taken", ex=_NONCE_SECONDS)
        return Outcome.TAKEN


def _name(sort: str, text: str) -> str:
    return f"wechat:push:{sort}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
