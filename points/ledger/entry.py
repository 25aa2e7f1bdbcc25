"""One entry of the ledger: its canonical text, what it says, and the receipt that is made from it.

The canonical text has six lines; fields are separated by tabs (no text in it may hold control characters):

    number, id, kind, at (ms), amount, fingerprint of the command
    legs: account, points, balance after; and again for each leg
    cuts: cap, asked, room; and again for each cap that cut
    what else the receipt says: name, value; and again
    the command
    the changes of state that are no leg, each a comma-separated token (state.py reads them)

An entry's hash is SHA-1 over the hash before it, a line feed and this text, made inside the script.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from points.clock import from_ms
from points.ledger.results import Cut, Leg, Receipt

GENESIS = "0" * 40
"""The hash before the first entry."""

_TEXTS = frozenset({"merchant", "resident", "offer", "fund"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the stream and in the journal."""

    number: int
    id: str
    kind: str
    at_ms: int
    amount: int
    fingerprint: str
    legs: tuple[Leg, ...]
    content: tuple[str, ...]
    """The command's fields as text, in the order of its kind."""
    changes: tuple[str, ...]
    prev: str
    hash: str
    text: str
    """The canonical text that was hashed."""

    @property
    def at(self) -> datetime:
        return from_ms(self.at_ms)

    @property
    def receipt(self) -> Receipt:
        """The answer that was given when it was posted."""
        return receipt_of(self.text)

    @property
    def is_true(self) -> bool:
        """Whether the hash is the one that its text and the hash before it make."""
        return chained(self.prev, self.text) == self.hash


class Said(NamedTuple):
    """What the journal keeps in columns of an entry, beside its text; legs as account, points, balance after."""

    number: int
    id: str
    kind: str
    at_ms: int
    amount: int
    legs: list[tuple[str, int, int]]


def chained(prev: str, text: str) -> str:
    """The hash of an entry: SHA-1 over the hash before it and its canonical text, 40 hex digits."""
    return hashlib.sha1(f"{prev}\n{text}".encode(), usedforsecurity=False).hexdigest()


def _legs(line: str) -> tuple[Leg, ...]:
    if not line:
        return ()
    parts = line.split("\t")
    return tuple([Leg(parts[i], int(parts[i + 1]), int(parts[i + 2])) for i in range(0, len(parts), 3)])


def entry_of(prev: str, digest: str, text: str) -> Entry:
    """Read a canonical text."""
    header, legs, _, _, content, changes = text.split("\n")
    number, identifier, kind, at, amount, fingerprint = header.split("\t")
    return Entry(
        int(number),
        identifier,
        kind,
        int(at),
        int(amount),
        fingerprint,
        _legs(legs),
        tuple(content.split("\t")),
        tuple(changes.split("\t")) if changes else (),
        prev,
        digest,
        text,
    )


def said_of(text: str) -> Said:
    """The first two lines of a canonical text, which is taken apart no further."""
    header, legs, _ = text.split("\n", 2)
    number, identifier, kind, at, amount, _ = header.split("\t")
    parts = legs.split("\t") if legs else []
    moved = [(parts[i], int(parts[i + 1]), int(parts[i + 2])) for i in range(0, len(parts), 3)]
    return Said(int(number), identifier, kind, int(at), int(amount), moved)


def number_of(text: str) -> int:
    """The number of the entry that a canonical text is of."""
    return int(text[: text.index("\t")])


def receipt_of(text: str, replayed: bool = False) -> Receipt:
    """The receipt that a canonical text holds."""
    header, legs, cuts, named, _, _ = text.split("\n")
    number, identifier, kind, at, amount, _ = header.split("\t")
    trims: tuple[Cut, ...] = ()
    if cuts:
        parts = cuts.split("\t")
        trims = tuple([Cut(parts[i], int(parts[i + 1]), int(parts[i + 2])) for i in range(0, len(parts), 3)])
    also: dict[str, str | int] = {}
    if named:
        parts = named.split("\t")
        also = {k: v if k in _TEXTS else int(v) for k, v in zip(parts[::2], parts[1::2], strict=True)}
    return Receipt(identifier, int(number), kind, from_ms(int(at)), int(amount), _legs(legs), trims, also, replayed)
