"""What stands before an entry: what all entries so far add up to, the calendar, and entries of long ago."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from points.ledger.entry import Entry
from points.ledger.state import Broken, Purse, State
from points.ledger.windows import Windows

Window = tuple[str, str]
"""A period and the name of its window now: `month`, `2026-11`."""


class Terms(NamedTuple):
    """An offer as it stands."""

    price: int
    starts: int
    ends: int
    merchants: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]
    """Periods, and how many are let through in each."""


@dataclass(frozen=True, slots=True)
class Before:
    """What an entry's meaning is worked out from. Nothing is kept here: the state alone remembers.

    Each entry is added to the state after it was found to say what it means, so what the state has is what commands
    made, not only what entries say. `find` answers the entry of an id as the ledger has it, for what may be old; None
    where it is forgotten, then what follows from it is taken as posted.
    """

    state: State
    windows: Windows
    find: Callable[[str], Entry | None]

    def purse(self, resident: str) -> Purse:
        return self.state.purses.get(resident) or Purse()

    def terms(self, offer: str) -> Terms:
        """Raises LookupError when there is no such offer."""
        return read_terms(self.state.terms[offer][0])

    def tally(self, offer: str, resident: str) -> dict[str, tuple[str, int]]:
        """How much of an offer a resident had: by period, its window and the count in it."""
        return self.state.tallies.get(f"{offer}:{resident}", {})

    def window(self, period: str, at_ms: int) -> str:
        return _names(self.windows.at(at_ms))[period]

    def need_open(self, entry: Entry, *subjects: str) -> None:
        """Raises Broken when one of them is closed."""
        for subject in subjects:
            if subject in self.state.gates:
                raise Broken(entry.number, f"{subject} is closed")


def need_ahead(entry: Entry, expires: int) -> None:
    """Raises Broken when what an entry brings was over already."""
    if expires <= entry.at_ms:
        raise Broken(entry.number, f"it expired at {expires}")


@lru_cache(maxsize=256)
def read_terms(text: str) -> Terms:
    """An offer's terms as the ledger keeps them."""
    price, starts, ends, merchants, limits = text.split("\t")
    pairs = (each.split(",") for each in limits.split(";")[:-1])
    listed = tuple((period, int(most)) for period, most in pairs)
    return Terms(int(price), int(starts), int(ends), tuple(merchants.split(",")), listed)


@lru_cache(maxsize=8)
def _names(windows: str) -> dict[str, str]:
    return dict(each.split(" ", 1) for each in windows.split(";")[1:-1])
