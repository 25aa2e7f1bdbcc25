"""Beside the decisions: what a pack calls by an id of the district's: streets, teams and activities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from points.rules.conditions import NAMED
from points.rules.pack import Pack
from points.rules.problems import Path


def named(pack: Pack) -> Iterator[tuple[Path, str, Any]]:
    """Each such id with where it stands in the file and what it is (one of `NAMED`)."""
    for path, when in _whens(pack):
        for what in NAMED:
            wanted = when.get(what, [])
            wanted = wanted["not"] if isinstance(wanted, dict) else wanted
            for identifier in wanted if isinstance(wanted, list) else [wanted]:
                yield (*path, "when", what), what, identifier


def ids_named(*packs: Pack) -> dict[str, frozenset[str]]:
    """The ids of all these packs, by what they are."""
    found = {(what, str(identifier)) for pack in packs for _, what, identifier in named(pack)}
    return {what: frozenset(identifier for each, identifier in found if each == what) for what in NAMED}


def _whens(pack: Pack) -> Iterator[tuple[Path, dict[str, Any]]]:
    for place, value in enumerate(pack.raw["rules"]):
        yield ("rules", place), value["when"]
    for place, value in enumerate(pack.raw.get("coefficients", ())):
        for case in value["cases"]:
            yield ("coefficients", place), case["when"]
