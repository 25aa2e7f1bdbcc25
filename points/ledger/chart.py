"""The chart of accounts: who can hold points, by name."""

from __future__ import annotations

import re

WORLD = "world"
"""Outside money: what sponsors paid in, what settled merchants were paid out. The one account that may be negative."""
PENDING = "pending"
"""Points granted but not open yet (public notice still running)."""
HELD = "held"
"""Points set aside by redemptions that are not captured yet."""

_NAMED = re.compile(r"(fund|resident|merchant|clearing):[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")


def fund(name: str) -> str:
    return f"fund:{name}"


def resident(identifier: str) -> str:
    return f"resident:{identifier}"


def merchant(identifier: str) -> str:
    return f"merchant:{identifier}"


def clearing(district: str) -> str:
    return f"clearing:{district}"


def is_account(name: object) -> bool:
    """Whether a name is an account of the chart."""
    return isinstance(name, str) and (name in (WORLD, PENDING, HELD) or _NAMED.fullmatch(name) is not None)
