"""The gate in: what deeds and rules name beside residents: places, subjects, and what another feature keeps (teams)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Any

from backend.kit.crypto import cipher
from backend.places.service import street_names
from points.errors import Category, kind
from points.rules import Names, Pack, ids_named

Namer = Callable[[str, Collection[str]], Mapping[str, str]]
"""Of a district and some ids: what those that are there are called, by id."""
_NAMERS: dict[str, Namer] = {}
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


def subject(field: str) -> Callable[[Namer], Namer]:
    """Register who says what a district's things of that sort are called, for a field of a deed."""

    def register(function: Namer) -> Namer:
        _NAMERS[field] = function
        return function

    return register


def names_of(district: str, *packs: Pack) -> Names:
    """What the streets, teams and activities that rules name are called; what is not there is left out."""
    asked = ids_named(*packs)
    kept = {field: namer(district, asked[field]) for field, namer in _NAMERS.items() if asked[field]}
    return {**names_without_books(district), **kept}


def names_without_books(district: str) -> Names:
    """The same as far as it is published: the streets alone."""
    return {"street": street_names(district)}


def check(district: str, named: dict[str, Any]) -> None:
    """Look at `place`, `about`, `team` and `activity`, None or left out where nothing is named.

    Refused: `act_names_nothing`, `act_words_unreadable`.
    """
    for field in ("team", "activity"):
        identifier = named.get(field)
        if identifier is not None and identifier not in _NAMERS[field](district, (identifier,)):
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
