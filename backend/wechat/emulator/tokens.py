"""Access tokens by the rules of stable_token: one at a time, an overlap at the end, forced renewals counted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backend.wechat.emulator.denials import Denied
from points.clock import Clock

TOKEN_LIFE: Final = timedelta(seconds=7200)
OVERLAP: Final = timedelta(minutes=5)
FORCE_GAP: Final = timedelta(seconds=30)
FORCE_A_DAY: Final = 20
_KEPT: Final = 200


@dataclass(slots=True)
class Token:
    """One token; `revoked` ones are refused, and `believed` ones are still handed out all the same."""

    text: str
    ends_at: datetime
    revoked: bool = False
    believed: bool = True


class Tokens:
    """The tokens of one app. Not locked: the world's lock is held around it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._stable = ""
        self._apart = ""
        self._forced: list[datetime] = []

    def stable(self, force: bool) -> tuple[str, int]:
        """The token and the whole seconds it has left; Denied 45011 or 45009 when forced too often."""
        now = self._clock.now()
        if force:
            self._count_force(now)
            self._newest_is_gone()
        newest = self._newest()
        if newest is None or not newest.believed or newest.ends_at - now <= OVERLAP:
            newest = self._add(now, believed=True)
            self._stable = newest.text
        return newest.text, int((newest.ends_at - now).total_seconds())

    def issue(self) -> str:
        """A token outside the stable pool; the one issued so before lives five minutes more at most."""
        now = self._clock.now()
        if held := self._tokens.get(self._apart):
            held.ends_at = min(held.ends_at, now + OVERLAP)
        self._apart = self._add(now, believed=False).text
        return self._apart

    def check(self, text: str | None) -> None:
        """Nothing for a good token; Denied 41001 without one, 40014, 40001 or 42001 for a bad one."""
        if not text:
            raise Denied(41001)
        token = self._tokens.get(text)
        if token is None:
            raise Denied(40014)
        if token.revoked:
            raise Denied(40001)
        if self._clock.now() >= token.ends_at:
            raise Denied(42001)

    def revoke(self, sticky: bool) -> None:
        """Refuse the newest token from now on; `sticky` hands it out still, until a renewal is forced."""
        if newest := self._newest():
            newest.revoked = True
            newest.believed = sticky

    def _newest(self) -> Token | None:
        return self._tokens.get(self._stable)

    def _newest_is_gone(self) -> None:
        if newest := self._newest():
            newest.revoked, newest.believed = True, False

    def _count_force(self, now: datetime) -> None:
        self._forced = [at for at in self._forced if at.date() == now.date()]
        if self._forced and now - self._forced[-1] < FORCE_GAP:
            raise Denied(45011)
        if len(self._forced) >= FORCE_A_DAY:
            raise Denied(45009)
        self._forced.append(now)

    def _add(self, now: datetime, believed: bool) -> Token:
        token = Token(f"emulated_{secrets.token_urlsafe(48)}", now + TOKEN_LIFE, believed=believed)
        self._tokens[token.text] = token
        while len(self._tokens) > _KEPT:
            del self._tokens[next(iter(self._tokens))]
        return token
