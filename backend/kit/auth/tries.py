"""Before a password is looked at: how many wrong ones a name has had, whether or not anybody has that name."""

from __future__ import annotations

from datetime import timedelta

import redis
from flask import current_app

from backend.kit.clock import clock, fresh_id
from backend.kit.crypto import cipher
from points.clock import to_ms
from points.errors import Category, kind

ALLOWED = 5
LOCK = timedelta(minutes=15)
_LOCK_MS = int(LOCK.total_seconds() * 1000)


SIGN_IN_FAILED = kind(
    "sign_in_failed",
    Category.UNAUTHENTICATED,
    zh="姓名、密码或一次性验证码不正确。",
    en="The name, the password or the one-time code is wrong.",
)
LOCKED = kind(
    "sign_in_locked",
    Category.TOO_MANY,
    zh="尝试次数过多，请 15 分钟后再试。",
    en="Too many tries; wait 15 minutes.",
    retry=True,
)


class Tries:
    """The tries of one name. They live in the cache: an unknown name locks like a known one and tells nothing."""

    def __init__(self, kind_of_caller: str, district: str, name: str) -> None:
        who = cipher().index(f"{kind_of_caller}-name", f"{district}\n{name}")
        self._tried, self._locked = f"tries:{who}", f"tries-locked:{who}"
        self._cache: redis.Redis = current_app.extensions["civic_cache"]

    def take(self) -> None:
        """Count a try before it is made, so that many at once are no way round; refused with `sign_in_locked`."""
        now_ms = to_ms(clock().now())
        until = self._cache.get(self._locked)
        if until is not None and int(until) > now_ms:
            raise LOCKED()
        pipe = self._cache.pipeline()
        pipe.zremrangebyscore(self._tried, 0, now_ms - _LOCK_MS)
        pipe.zadd(self._tried, {fresh_id(): now_ms})
        pipe.zcard(self._tried)
        pipe.pexpire(self._tried, _LOCK_MS)
        if int(pipe.execute()[2]) > ALLOWED:
            raise LOCKED()

    def failed(self) -> None:
        """The last allowed wrong try locks the name."""
        if self._cache.zcard(self._tried) >= ALLOWED:
            until = to_ms(clock().now()) + _LOCK_MS
            self._cache.set(self._locked, until, px=_LOCK_MS)
            self._cache.delete(self._tried)

    def succeeded(self) -> None:
        """Forget what went wrong before."""
        self._cache.delete(self._tried)
