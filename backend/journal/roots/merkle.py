"""The tree of a day: hashes by RFC 6962, over leaves that show an entry's owner nothing of anybody else.

A leaf commits to two texts, each with a salt of its own: what its owner may see (header and their own leg), and the
whole entry. Its data is SHA-256(salt + own text) followed by SHA-256(salt + whole text).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from points.ledger import Entry

ROW = 256
"""Leaves below one stored node. A power of two, so that stored nodes are nodes of the tree."""
FOLLOWS = frozenset({"capture", "release", "time_out", "refund", "reverse", "open"})
"""Kinds of entries whose first content is the id of an earlier one, of the same resident."""
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over nodes of equal height, the last of which may be lower; of nothing, the hash of nothing."""
    if not hashes:
        return EMPTY
    level = list(hashes)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


def path_of(hashes: Sequence[bytes], place: int) -> list[bytes]:
    """The audit path of the node at `place`, from the bottom to the top."""
    path, level = [], list(hashes)
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            path.append(level[beside])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
        place //= 2
    return path


@dataclass(frozen=True)
class Leaf:
    """An entry on its way into the tree."""

    shown: str
    shown_salt: bytes
    hidden: bytes
    """The commitment to the whole entry."""

    @property
    def hash(self) -> bytes:
        return leaf_hash(hashlib.sha256(self.shown_salt + self.shown.encode()).digest() + self.hidden)


def leaf_of(seed: bytes, entry: Entry, version: int) -> Leaf:
    """The leaf of an entry; both salts follow from the day's seed, and tell nothing of other salts."""
    salts = hashlib.blake2b(str(entry.number).encode(), key=seed, digest_size=32).digest()
    hidden = hashlib.sha256(salts[16:] + entry.text.encode()).digest()
    return Leaf(shown_text(entry, version), salts[:16], hidden)


def shown_text(entry: Entry, version: int) -> str:
    """What the resident of an entry may see of it: number, id, kind, time (ms), points; then each of their legs.

    From version 2 on a last line `of` names the entry of theirs that this one ends, opens, refunds or undoes.
    """
    header = f"{entry.number}\t{entry.id}\t{entry.kind}\t{entry.at_ms}\t{entry.amount}"
    own = [f"{leg.account}\t{leg.amount}\t{leg.balance}" for leg in entry.legs if leg.account.startswith("resident:")]
    of = [f"of\t{entry.content[0]}"] if version > 1 and entry.kind in FOLLOWS else []
    return "\n".join([header, *own, *of])


class Tree:
    """A tree that grows leaf by leaf and keeps one node for each row of leaves."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self._row: list[bytes] = []
        self.leaves = 0

    def add(self, leaf: bytes) -> None:
        self._row.append(leaf)
        self.leaves += 1
        if len(self._row) == ROW:
            self.nodes.append(root_of(self._row))
            self._row.clear()

    def close(self) -> Tree:
        """Complete the last row; no leaf can be added then."""
        if self._row:
            self.nodes.append(root_of(self._row))
            self._row.clear()
        return self

    @property
    def root(self) -> bytes:
        return root_of(self.nodes)


def tree_of(seed: bytes, entries: Iterable[Entry], version: int) -> Tree:
    """The closed tree of a day's entries."""
    tree = Tree()
    for entry in entries:
        tree.add(leaf_of(seed, entry, version).hash)
    return tree.close()
