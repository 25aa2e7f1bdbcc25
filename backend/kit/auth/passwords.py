"""Passwords and one-time codes of staff and clerks."""

from __future__ import annotations

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from points.errors import Category, kind

PASSWORD_WEAK = kind(
    "password_weak",
    Category.INVALID,
    zh="密码至少 12 位,且不能是常见密码。",
    en="A password has at least 12 characters and is not a common one.",
)
LEAST = 12
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _HASHER.hash("a password that nobody has")
_COMMON_PARTS = (
    "password",
    "123456",
    "qwerty",
    "111111",
    "000000",
    "abc123",
    "letmein",
    "admin",
    "iloveyou",
    "woaini",
    "5201314",
)


def hash_password(password: str) -> str:
    """argon2id of a password that is long enough and not made of the commonest ones."""
    left = password.lower()
    for part in _COMMON_PARTS:
        left = left.replace(part, "")
    if len(password) < LEAST or len(password) > 200 or len(set(left)) < 4:
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
