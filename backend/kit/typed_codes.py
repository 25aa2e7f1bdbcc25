"""Codes that one person tells another, who types them: of letters and digits that are not taken for each other."""

from __future__ import annotations

import secrets

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_LENGTH = 10


def new_code() -> str:
    """49 random bits in ten capitals and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def as_made(typed: str) -> str:
    """The code somebody means who types it in small letters."""
    return typed.upper()
