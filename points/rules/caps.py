"""Step: the ceilings a grant stays under, each a counter named by cap, subject and local window."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from points.events import DeedApproved
from points.rules.texts import Text
from points.rules.windows import label

KEY_LENGTH = 200
SUBJECTS = ("resident", "team", "activity", "household", "street", "district")


class Cut(NamedTuple):
    """A cap that left less than was asked of it."""

    cap: str
    asked: int
    granted: int


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `ceiling` points to each `per` within each `window`, over the rules it covers."""

    id: str
    title: Text
    per: tuple[str, ...]
    window: str
    ceiling: int

    def key(self, event: DeedApproved, day: date) -> str | None:
        """The counter of this deed, by the local day it was done on; None when it lacks a subject (no team, say)."""
        parts = [self.id]
        for subject in self.per:
            value = getattr(event, subject)
            if value is None:
                return None
            parts.append(f"{subject}:{value}")
        parts.append(label(self.window, day))
        key = ":".join(parts)
        if len(key) > KEY_LENGTH:
            raise ValueError(f"a cap's key is longer than {KEY_LENGTH} characters: {key}")
        return key


def fit(amount: int, caps: tuple[tuple[str, int], ...], used: Mapping[str, int]) -> tuple[int, tuple[Cut, ...]]:
    """What of `amount` fits under all caps, and each cap that cut, the tightest last.

    The same as the ledger does in its atomic step; here for trying a pack out.
    """
    cuts = []
    for key, ceiling in sorted(caps):
        room = max(0, ceiling - used.get(key, 0))
        if room < amount:
            cuts.append(Cut(key, amount, room))
            amount = room
    return amount, tuple(cuts)


def take(amount: int, caps: tuple[tuple[str, int], ...], used: MutableMapping[str, int]) -> None:
    """Count `amount` against each cap."""
    for key, _ in caps:
        used[key] = used.get(key, 0) + amount
