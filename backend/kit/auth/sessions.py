"""Sign-ins: opaque 256-bit tokens, of which only the hash is kept, in the cache server."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import redis

from backend.kit.lookups import Lookups
from points.clock import Clock, from_ms, to_ms

_REMEMBERED = 20_000
"""Of how many sessions a process remembers when it last kept them alive."""
_READ = 4_000
"""How many sessions a process remembers as they were read."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a token stands for. Times in ms; `idle_ms` is how long it lives without being used."""

    kind: str
    id: str
    district: str
    roles: tuple[str, ...]
    ends_ms: int
    idle_ms: int
    merchant: str | None = None
    shop: str | None = None
    key: str = field(default="", compare=False)

    @property
    def ends_at(self) -> datetime:
        return from_ms(self.ends_ms)


class SessionStore:
    """Sessions of all kinds. The server may lose them: then everybody signs in again, and nothing else is lost."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._client = client
        self._lookups = Lookups(client)
        self._clock = clock
        self._kept_alive_at: dict[str, float] = {}

    def begin(
        self,
        kind: str,
        identifier: str,
        district: str,
        *,
        roles: tuple[str, ...] = (),
        life: timedelta,
        idle: timedelta,
        merchant: str | None = None,
        shop: str | None = None,
    ) -> tuple[str, Session]:
        """A new token (shown once, never kept) and its session."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        session = Session(
            kind,
            identifier,
            district,
            roles,
            to_ms(now + life),
            int(idle.total_seconds() * 1000),
            merchant,
            shop,
            _key(token),
        )
        text = json.dumps(asdict(session))
        pipe = self._client.pipeline()
        pipe.set(session.key, text, px=min(session.idle_ms, session.ends_ms - to_ms(now)))
        pipe.sadd(_all(kind, district, identifier), session.key)
        pipe.pexpire(_all(kind, district, identifier), session.ends_ms + session.idle_ms - to_ms(now))
        pipe.execute()
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a token, kept alive by this use; None when it ended or never was."""
        return self.find_with(token, ())[0]

    def find_with(self, token: str, names: tuple[str, ...]) -> tuple[Session | None, list[str | None]]:
        """As `find`, and what the server holds under some other names, asked in the same journey."""
        if len(token) > 100:
            return None, [None] * len(names)
        text, *beside = self._lookups.texts(_key(token), *names)
        if text is None:
            return None, beside
        session = _read(text)
        left = session.ends_ms - to_ms(self._clock.now())
        if left <= 0:
            self.end(session)
            return None, beside
        self._keep_alive(session, left)
        return session, beside

    def _keep_alive(self, session: Session, left: int) -> None:
        """Put the idle end off, but not at each of many uses in a row: a hundredth of the time is not worth asking."""
        now = time.monotonic()
        if (now - self._kept_alive_at.get(session.key, -float("inf"))) * 1000 < session.idle_ms / 100:
            return
        self._client.pexpire(session.key, min(session.idle_ms, left))
        if len(self._kept_alive_at) >= _REMEMBERED:
            self._kept_alive_at.clear()
        self._kept_alive_at[session.key] = now

    def end(self, session: Session) -> None:
        """End one session."""
        pipe = self._client.pipeline()
        pipe.delete(session.key)
        pipe.srem(_all(session.kind, session.district, session.id), session.key)
        pipe.execute()

    def end_all(self, kind: str, district: str, identifier: str) -> int:
        """End every session of one person: on disabling, on a changed password. Answers how many."""
        name = _all(kind, district, identifier)
        keys = self._client.smembers(name)
        self._client.delete(name, *keys)
        return len(keys)

    def end_everything(self) -> int:
        """End all sessions there are; after the ledger was restored."""
        keys = list(self._client.scan_iter("session:*", count=1000)) + list(
            self._client.scan_iter("sessions-of:*", count=1000)
        )
        for start in range(0, len(keys), 1000):
            self._client.delete(*keys[start : start + 1000])
        return len(keys)


@lru_cache(_READ)
def _read(text: str) -> Session:
    """A session as it is kept; the same text says the same, so it is not read anew for each request."""
    values = json.loads(text)
    return Session(**(values | {"roles": tuple(values["roles"])}))


def _key(token: str) -> str:
    return "session:" + hashlib.sha256(token.encode()).hexdigest()


def _all(kind: str, district: str, identifier: str) -> str:
    return f"sessions-of:{kind}:{district}:{identifier}"
