"""Passwords and one-time codes of staff and clerks."""

from __future__ import annotations

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from points.errors import Category, kind

PASSWORD_WEAK = kind(
    "password_weak",
    Category.INVALID,
    zh="密码须为 12 至 72 位，且不能容易被猜到。",
    en="A password has 12 to 72 characters and is not easy to guess.",
)
LEAST, MOST = 12, 72
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _HASHER.hash("a password that nobody has")
STRONG_ENOUGH = 3
"""Of zxcvbn's 0 to 4: not to be guessed in 10^8 tries, by lists of leaked passwords, names, dates and patterns."""


def hash_password(password: str) -> str:
    """argon2id of a password that is long enough and hard to guess; else refused with `password_weak`."""
    if not LEAST <= len(password) <= MOST or zxcvbn(password)["score"] < STRONG_ENOUGH:
        raise PASSWORD_WEAK()
    return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Compare; an unknown user (None) takes the same time as a wrong password."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_otp_secret() -> str:
    return pyotp.random_base32()


def otp_step(secret: str, code: str, at_seconds: int, last_step: int) -> int | None:
    """The 30-second step a code belongs to, when it is right and newer than the last one used; else None."""
    for step in (at_seconds // 30 - 1, at_seconds // 30, at_seconds // 30 + 1):
        if step > last_step and pyotp.utils.strings_equal(pyotp.TOTP(secret).at(step * 30), code):
            return step
    return None
