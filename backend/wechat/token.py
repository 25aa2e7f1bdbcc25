"""The one access token of the fleet: kept in Redis, renewed by one worker at a time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import redis
from redis.exceptions import LockError, RedisError

from backend.wechat.failures import CallFailed
from points.clock import Clock, to_ms

_MARGIN_SECONDS: Final = 60  # a token this close to its end is not used: the call may arrive after it
_LOCK_SECONDS: Final = 30  # longer than two calls for a token may take
_WAIT_SECONDS: Final = 8
_FORCE_EVERY_SECONDS: Final = 30  # WeChat's own rule for forced renewals
_FAILED_MS: Final = 1_000  # so that a fleet does not queue up to hear the same failure one by one


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A token WeChat gave and the seconds it lives."""

    token: str = field(repr=False)
    seconds: int


class TokenKeeper:
    """Hands out the app's access token; all workers share one through the cache.

    `ask(force)` fetches a grant from WeChat and raises CallFailed. Every method raises CallFailed, also when the
    cache is away (`cache`) or another worker takes too long (`token`).
    """

    def __init__(self, appid: str, cache: redis.Redis, clock: Clock, ask: Callable[[bool], TokenGrant]) -> None:
        self._cache = cache
        self._clock = clock
        self._ask = ask
        self._key = f"wechat:{appid}:token"

    def current(self) -> str:
        """The token to use now; fetched when there is none."""
        return self._get(stale=None)

    def renewed(self, stale: str) -> str:
        """A token other than `stale`, which WeChat has just refused; fetched only if nobody else did so before."""
        return self._get(stale=stale)

    def _get(self, stale: str | None) -> str:
        with _cache_faults():
            if kept := self._kept(stale):
                return kept
            with self._alone():
                return self._kept(stale) or self._fetch(stale)

    def _kept(self, stale: str | None) -> str | None:
        raw = self._cache.get(self._key)
        if not isinstance(raw, bytes | str):
            return None
        record = json.loads(raw)
        token, until_ms = str(record["token"]), int(record["until_ms"])
        return token if token != stale and to_ms(self._clock.now()) < until_ms else None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._cache.lock(f"{self._key}:lock", timeout=_LOCK_SECONDS, sleep=0.05, blocking_timeout=_WAIT_SECONDS)
        if not lock.acquire():
            raise CallFailed(None, "token")
        try:
            yield
        finally:
            with contextlib.suppress(LockError):  # it ran out; whoever holds it now keeps it
                lock.release()

    def _fetch(self, stale: str | None) -> str:
        failed = self._cache.get(f"{self._key}:failed")
        if isinstance(failed, bytes | str):
            raise CallFailed(int(failed) or None, "token")
        try:
            grant = self._ask(False)
            if grant.token == stale:  # WeChat still believes in a token it refuses
                self._may_force()
                grant = self._ask(True)
        except CallFailed as failure:
            self._cache.set(f"{self._key}:failed", str(failure.errcode or 0), px=_FAILED_MS)
            raise
        self._keep(grant)
        return grant.token

    def _may_force(self) -> None:
        if not self._cache.set(f"{self._key}:forced", "1", nx=True, ex=_FORCE_EVERY_SECONDS):
            raise CallFailed(None, "token")

    def _keep(self, grant: TokenGrant) -> None:
        usable = max(grant.seconds - _MARGIN_SECONDS, 1)
        until_ms = to_ms(self._clock.now() + timedelta(seconds=usable))
        self._cache.set(self._key, json.dumps({"token": grant.token, "until_ms": until_ms}), ex=usable)


@contextlib.contextmanager
def _cache_faults() -> Iterator[None]:
    failure = None
    try:
        yield
    except RedisError:
        failure = CallFailed(None, "cache")
    if failure:
        raise failure
