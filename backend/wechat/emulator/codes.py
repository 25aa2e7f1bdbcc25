"""Codes that `wx.login` and the phone button give: alive for five minutes, good for one use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from backend.wechat.emulator.denials import Denied
from points.clock import Clock

CODE_LIFE: Final = timedelta(minutes=5)
_KEPT: Final = 5_000  # older ones are forgotten, and are then as unknown as invented ones


@dataclass(slots=True)
class Code:
    """One code and what it stands for."""

    text: str
    openid: str
    made_at: datetime
    fields: dict[str, str] = field(default_factory=dict)
    used: bool = False


class Codes:
    """The codes of one button. Not locked: the world's lock is held around it."""

    def __init__(self, clock: Clock, prefix: str) -> None:
        self._clock = clock
        self._prefix = prefix
        self._codes: dict[str, Code] = {}

    def make(self, openid: str, **fields: str) -> Code:
        """A fresh code of 32 characters for a person."""
        code = Code(self._prefix + secrets.token_hex(16)[1:], openid, self._clock.now(), fields)
        self._codes[code.text] = code
        while len(self._codes) > _KEPT:
            del self._codes[next(iter(self._codes))]
        return code

    def spend(self, text: object, used_errcode: int) -> Code:
        """The code, used up by this; Denied 40029 when unknown or too old, `used_errcode` when it was used before."""
        code = self._codes.get(text) if isinstance(text, str) else None
        if code is None:
            raise Denied(40029)
        if code.used:
            raise Denied(used_errcode)
        if self._clock.now() - code.made_at >= CODE_LIFE:
            raise Denied(40029)
        code.used = True
        return code

    def newest(self, most: int = 20) -> list[Code]:
        """The latest codes, newest first."""
        return list(reversed(self._codes.values()))[:most]
