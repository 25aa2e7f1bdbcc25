"""Where things happen: the streets and communities of a district, from `config/regions/`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from backend.settings import CONFIG
from points.errors import Category, kind

STREET_UNKNOWN = kind(
    "street_unknown",
    Category.INVALID,
    zh="本区没有这个街道：{street}。",
    en="The district has no such street: {street}.",
)


@dataclass(frozen=True, slots=True)
class Street:
    """A street office; `code` has 9 digits, the first 6 are the district's."""

    code: str
    name: str
    communities: int


@dataclass(frozen=True, slots=True)
class Community:
    """A residents' or villagers' committee; `code` has 12 digits, the first 9 are the street's."""

    code: str
    name: str
    street: str
    kind: str


@cache
def streets(district: str) -> tuple[Street, ...]:
    """All streets of a district; none for one whose facts are not here."""
    return tuple(Street(r["code9"], r["name"], int(r["n_communities"])) for r in _facts(district, "streets"))


@cache
def communities(district: str) -> tuple[Community, ...]:
    """All communities and villages of a district."""
    return tuple(
        Community(r["code12"], r["name"], r["street_code9"], r["kind"]) for r in _facts(district, "communities")
    )


def street_names(district: str) -> dict[str, str]:
    """The names of a district's streets by code, as far as its facts are here."""
    return {street.code: street.name for street in streets(district)}


def street_of(district: str, code: str) -> Street:
    """The street with a code; refused with `street_unknown`."""
    for street in streets(district):
        if street.code == code:
            return street
    raise STREET_UNKNOWN(street=code)


def _facts(district: str, name: str) -> list[dict[str, str]]:
    path = CONFIG / "regions" / district / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
