"""Beside the decisions: whether a deed of a case says what it must bring; else it can never come out wrong."""

from __future__ import annotations

from typing import Any

_ALWAYS = ("gives", "opens", "expires", "refused")
_WHEN_FILLED = ("cut_by", "silent", "says")


def expects(deed: dict[str, Any]) -> bool:
    """Whether anything is asked of it: `gives: {}` asks for no points, an empty `says` or `cut_by` asks nothing."""
    return any(key in deed for key in _ALWAYS) or any(deed.get(key) for key in _WHEN_FILLED)
