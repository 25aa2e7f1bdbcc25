"""The gate in: what a deed may name beside its resident: a place, a subject, and what another feature keeps (teams)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from backend.kit.crypto import cipher
from points.errors import Category, kind

Finder = Callable[[str, str], bool]
_FINDERS: dict[str, Finder] = {}
LONGEST = 60
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing; Unicode does not count them among its formats."""
NAMES_NOTHING = kind(
    "act_names_nothing",
    Category.INVALID,
    zh="本区没有这支队伍或这个活动：{field}。",
    en="The district has no such team or activity: {field}.",
)
UNREADABLE = kind(
    "act_words_unreadable",
    Category.INVALID,
    zh="这一项须有看得见的文字，统一写法（全角、大小写、连字）后最多 {most} 字：{field}。",
    en="This needs words that can be seen, at most {most} characters in one writing (width, case, ligatures): {field}.",
)


def subject(field: str) -> Callable[[Finder], Finder]:
    """Register who says whether a district has something of that id, for a field of a deed."""

    def register(function: Finder) -> Finder:
        _FINDERS[field] = function
        return function

    return register


def check(district: str, named: dict[str, Any]) -> None:
    """Look at `place`, `about`, `team` and `activity`, None or left out where nothing is named.

    Refused: `act_names_nothing`, `act_words_unreadable`.
    """
    for field in ("team", "activity"):
        identifier = named.get(field)
        if identifier is not None and not _FINDERS[field](district, identifier):
            raise NAMES_NOTHING(field=field)
    for field in ("place", "about"):
        words = named.get(field)
        if words is not None and not _is_readable(same(words)):
            raise UNREADABLE(field=field, most=LONGEST)


def same(words: str) -> str:
    """In one width, small letters and single blanks, so that two writings of one thing are one."""
    shown = "".join(each for each in words if each not in _BLANK and unicodedata.category(each) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.split())


def mark(district: str, about: str) -> str:
    """Whom or what a deed is about, as the rules see it: the same is known again, and nothing of it is told."""
    return cipher().index("act-about", f"{district}\n{same(about)}")


def _is_readable(words: str) -> bool:
    return len(words) <= LONGEST and any(each.isalnum() for each in words)
