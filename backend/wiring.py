"""Where the parts are joined: settings, clock, servers and WeChat become what the features ask for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

import redis
from flask import Flask, current_app

from backend.kit.auth.sessions import SessionStore
from backend.kit.crypto import FieldCipher
from backend.settings import SETTINGS_WRONG, Settings
from backend.wechat.client import WeChat
from points.clock import Clock
from points.errors import Category, kind
from points.ledger import Client, Entry, Journal, Ledger, Stream, connect
from points.ledger.cluster import servers_of

DISTRICT_UNKNOWN = kind(
    "district_unknown", Category.NOT_FOUND, zh="本服务没有这个区。", en="This service does not run that district."
)


@dataclass
class Parts:
    """Everything from outside the process that the features use; made once for each process."""

    settings: Settings
    clock: Clock
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    journal: Callable[[str], Journal] | None = None
    """The journal of a district, as level `journal` waits for it; hung in by the application."""
    entry_of: Callable[[str, str], Entry | None] | None = None
    """Finds an entry of a district in the journal by its id; hung in by the application."""

    @cached_property
    def cache(self) -> redis.Redis:
        """The server of sessions and short-lived marks; it may be lost."""
        with _readable("cache.url"):
            return redis.Redis.from_url(
                self.settings.cache.url, decode_responses=True, socket_timeout=3, socket_connect_timeout=2, protocol=3
            )

    @cached_property
    def ledger_client(self) -> Client:
        """The ledger's server, or the cluster that its districts are spread over."""
        with _readable("redis.url"):
            return connect(self.settings.redis.url)

    def ledger_servers(self) -> list[redis.Redis]:
        """The servers that hold the districts now: one, or those of a cluster."""
        return servers_of(self.ledger_client, self.settings.service.districts)

    def ledger_answers(self) -> bool:
        """Whether all of them answer; raises redis.RedisError where one does not."""
        return all(server.ping() for server in self.ledger_servers())

    @cached_property
    def wechat(self) -> WeChat:
        return WeChat.from_settings(self.settings.wechat, cache=self.cache, clock=self.clock)

    def district_of(self, named: str | None) -> str:
        """The district that somebody names, the first one where they name none; refused with `district_unknown`."""
        known = self.settings.service.districts
        if named is not None and named not in known:
            raise DISTRICT_UNKNOWN()
        return known[0] if named is None else named

    def ledger(self, district: str) -> Ledger:
        """The ledger of a district; refused where the service does not run it."""
        self.district_of(district)
        if district not in self.ledgers:
            self.ledgers[district] = Ledger(
                self.ledger_client,
                district,
                self.clock,
                level=self.settings.redis.level,
                skew_limit_seconds=self.settings.redis.skew_seconds,
                zone=self.settings.service.timezone,
                fenced=self.settings.redis.fenced,
                replicas=self.settings.redis.replicas,
                journal=self.journal(district) if self.journal else None,
                wait_seconds=self.settings.redis.wait_seconds,
                archive=partial(self.entry_of, district) if self.entry_of else None,
            )
        return self.ledgers[district]

    def stream(self, district: str) -> Stream:
        """The entries of a district's ledger; one for each process, as it keeps its connections."""
        if district not in self.streams:
            self.streams[district] = Stream(self.ledger_client, self.ledger(district).district)
        return self.streams[district]


def wire(app: Flask, settings: Settings, clock: Clock) -> Parts:
    """Hang the parts on the app, where `parts()` and the kit find them."""
    parts = Parts(settings, clock)
    app.extensions |= {
        "civic_parts": parts,
        "civic_clock": clock,
        "civic_settings": settings,
        "civic_cache": parts.cache,
        "civic_sessions": SessionStore(parts.cache, clock),
        "civic_cipher": FieldCipher(_key(settings.secrets.field_key), _key(settings.secrets.index_key)),
    }
    return parts


def parts() -> Parts:
    wired: Parts = current_app.extensions["civic_parts"]
    return wired


def settings() -> Settings:
    return parts().settings


def district_of(named: str | None) -> str:
    """The district that somebody names, the first one where they name none; refused with `district_unknown`."""
    return parts().district_of(named)


def ledger(district: str) -> Ledger:
    """The ledger of a district."""
    return parts().ledger(district)


def stream(district: str) -> Stream:
    """The entries of a district's ledger in their order."""
    return parts().stream(district)


def root_key() -> bytes:
    """The 32 bytes that sign the journal's daily roots."""
    return _key(settings().secrets.root_key)


def root_key_before() -> bytes | None:
    """The 32 bytes of the key before it, while it is changed."""
    given = settings().secrets.root_key_before
    return _key(given) if given else None


def answers(ask: Callable[[], object]) -> bool:
    """Whether a server answers; for readiness, where any failure means no."""
    try:
        ask()
    except (redis.RedisError, OSError):
        return False
    return True


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """An address that cannot be read is a wrong setting; it may hold a password, so it is not said."""
    try:
        yield
    except ValueError:
        raise SETTINGS_WRONG(problems=f"{name}: unreadable; such as redis://host:6379") from None


def _key(text: str) -> bytes:
    """32 bytes from a base64 key; any other text is hashed to that length (development)."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    return raw if len(raw) == 32 else hashlib.sha256(text.encode()).digest()
