"""Before a password is looked at: how many wrong ones a name has had, whether or not anybody has that name."""

from __future__ import annotations

from datetime import timedelta

import redis

from backend.kit.clock import clock, fresh_id
from backend.kit.crypto import cipher
from backend.staff.service import LOCKED
from backend.wiring import parts
from points.clock import to_ms

ALLOWED = 5
LOCK = timedelta(minutes=15)
_LOCK_MS = int(LOCK.total_seconds() * 1000)


class Tries:
    """The tries of one name. They live in the cache: an unknown name locks like a known one and tells nothing."""

    def __init__(self, district: str, name: str) -> None:
        who = cipher().index("clerk-name", f"{district}\n{name}")
        self._tried, self._locked = f"tries:{who}", f"tries-locked:{who}"
        self._cache: redis.Redis = parts().cache

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
