"""A resident's proof that an entry of theirs stands under a published root."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from backend.journal.models import JournalRoot, JournalRootNode
from backend.journal.reading import entries
from backend.journal.roots.merkle import ROW, leaf_of, path_of
from backend.journal.roots.owning import belongs, captured_by, number_of
from backend.journal.roots.statement import version_of
from backend.kit.db import NOT_FOUND, db
from points.errors import Category, kind

ROOT_NOT_MADE = kind(
    "root_not_made",
    Category.CONFLICT,
    zh="这笔账当天的根值还没有公布，请在次日再查。",
    en="The root of that entry's day is not published yet; ask again the day after.",
    retry=True,
)


@dataclass(frozen=True)
class Inclusion:
    """Everything that is needed to check one entry offline; hashes and salts in hex."""

    entry: int
    shown: str
    salt: str
    hidden: str
    place: int
    leaves: int
    path: tuple[str, ...]
    root: JournalRoot
    captured_by: int | None
    """Of a hold that was captured, the number of the entry that did it."""


def proof_of(district: str, resident: str, name: str) -> Inclusion:
    """The proof of a resident's entry, by its number or its id.

    Refused: `not_found` (no such, or another's), `root_not_made`.
    """
    number = number_of(district, name)
    if not belongs(district, resident, number):
        raise NOT_FOUND()
    root = db.session.scalar(
        select(JournalRoot)
        .where(JournalRoot.district == district, JournalRoot.first <= number, JournalRoot.last >= number)
        .limit(1)
    )
    if root is None:
        raise ROOT_NOT_MADE()
    place = number - root.first
    start = root.first + place // ROW * ROW
    seed = bytes.fromhex(root.seed)
    version = version_of(root.statement)
    row = [leaf_of(seed, entry, version) for entry in entries(district, start - 1, min(start + ROW - 1, root.last))]
    own = row[number - start]
    path = path_of([leaf.hash for leaf in row], number - start) + path_of(_nodes(root), place // ROW)
    return Inclusion(
        number,
        own.shown,
        own.shown_salt.hex(),
        own.hidden.hex(),
        place,
        root.last - root.first + 1,
        tuple(node.hex() for node in path),
        root,
        captured_by(district, number),
    )


def _nodes(root: JournalRoot) -> list[bytes]:
    query = (
        select(JournalRootNode.hash)
        .where(JournalRootNode.district == root.district, JournalRootNode.number == root.number)
        .order_by(JournalRootNode.place)
    )
    return [bytes.fromhex(each) for each in db.session.scalars(query)]
