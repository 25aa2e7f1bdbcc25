"""Whole points, and nothing that only looks like them."""

from __future__ import annotations

CEILING = 10**12
"""Every amount and every balance stays below this; Lua's numbers are exact far beyond it."""

GRANT_CEILING = 10**6
"""The most that one grant or one redemption may move."""


def is_whole(value: object) -> bool:
    """True for an int that is no bool."""
    return isinstance(value, int) and not isinstance(value, bool)
