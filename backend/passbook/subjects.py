"""The gate in: what a deed may name beside its resident, told by the feature that keeps it (teams, activities)."""

from __future__ import annotations

from collections.abc import Callable

Finder = Callable[[str, str], bool]
_FINDERS: dict[str, Finder] = {}


def subject(field: str) -> Callable[[Finder], Finder]:
    """Register who says whether a district has something of that id, for a field of a deed."""

    def register(function: Finder) -> Finder:
        _FINDERS[field] = function
        return function

    return register


def is_known(field: str, district: str, identifier: str) -> bool:
    """Whether the district has it."""
    return _FINDERS[field](district, identifier)
