"""Step: the rotating code shown at the place, by time (RFC 6238): 30 seconds, one step either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

from points.clock import from_ms

STEP_SECONDS = 30


@dataclass(frozen=True)
class Shown:
    """A code of six digits and when the next one takes its place on the screen."""

    code: str
    changes_at: datetime


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def shown(secret: str, at: datetime) -> Shown:
    """The code of the step that `at` falls in."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    return Shown(totp.at(at), from_ms((totp.timecode(at) + 1) * STEP_SECONDS * 1000))


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The number of the step a code belongs to: the present one or a neighbour's; None when it is wrong."""
    try:
        return pyotp.TOTP(secret, interval=STEP_SECONDS).verify_and_get_timecode(code, for_time=at, valid_window=1)
    except OTPVerificationError:
        return None
