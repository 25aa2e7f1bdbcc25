"""Whether the roots are those that the entries make, signed by this service, and the same outside as here."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from backend.journal.models import JournalRoot
from backend.journal.projector import FIRST_SHA256, chained
from backend.journal.roots.keys import keys, problem_of, until
from backend.journal.roots.merkle import Tree, leaf_of
from backend.journal.roots.publishing import content_of, published
from backend.journal.roots.statement import NOTHING_BEFORE, Statement, digest_of, is_signed, public_key, version_of
from backend.kit.db import db
from points.ledger import Entry


class RootChanged(Exception):  # noqa: N818 - what was found, not an error of the program
    """A root, or a key that signs them, that does not hold."""

    def __init__(self, root: JournalRoot | None, why: str) -> None:
        super().__init__(f"{root.day.isoformat() if root else 'keys'} ({why})")


class RootsCheck:
    """Takes all entries in their order and checks each root when its last entry has come by. Raises RootChanged."""

    def __init__(self, district: str) -> None:
        self._roots: Iterator[JournalRoot] = iter(_roots(district))
        self._root = next(self._roots, None)
        self._tree = Tree()
        self._number, self._last, self._chain = 0, 0, FIRST_SHA256
        self._before = NOTHING_BEFORE
        self.checked = 0
        self._keys = keys()
        self._signed_by = 0
        """The number of the key that signed the last root."""

    def add(self, entry: Entry) -> None:
        if self._root is None:
            return
        self._complete(before=entry.number)
        if self._root is not None:
            self._chain = chained(self._chain, entry.text)
            self._tree.add(leaf_of(bytes.fromhex(self._root.seed), entry, version_of(self._root.statement)).hash)
            self._last = entry.number

    def finish(self) -> None:
        """All entries came by: every root that is left must be of days without any."""
        wrong = problem_of(self._keys)
        if wrong:
            raise RootChanged(None, wrong)
        self._complete(before=self._last + 1)
        if self._root is not None:
            raise RootChanged(self._root, "it names entries that are not there")

    def _complete(self, before: int) -> None:
        """Check the roots whose entries have all come by when the next one is `before`."""
        while self._root is not None and self._root.last < before:
            self._check(self._root)
            self.checked += 1
            self._before = digest_of(self._root.statement)
            self._number = self._root.number
            self._tree = Tree()
            self._root = next(self._roots, None)

    def _check(self, root: JournalRoot) -> None:
        first = self._last - self._tree.leaves + 1
        wanted = Statement(
            root.district,
            self._number + 1,
            root.day,
            first,
            self._last,
            self._chain,
            self._tree.close().root.hex(),
            self._before,
            version_of(root.statement),
        )
        if root.number != wanted.number or (root.first, root.last) != (first, self._last):
            raise RootChanged(root, "it is not of the entries that come next")
        if root.statement != wanted.text:
            raise RootChanged(root, "the entries make another")
        if not self._may_sign(root) or not is_signed(root.statement, root.signature, root.public_key):
            raise RootChanged(root, "it is not signed with this service's key of that time")
        if published(root) not in (None, content_of(root)):
            raise RootChanged(root, "the published file says something else")

    def _may_sign(self, root: JournalRoot) -> bool:
        """Keys follow each other and none comes back; one that was changed signs no day from its end on."""
        if not self._keys:
            return root.public_key == public_key()
        signing = next((key for key in self._keys if key.public_key == root.public_key), None)
        if signing is None or signing.number < self._signed_by:
            return False
        self._signed_by, over = signing.number, until(self._keys, signing)
        return over is None or root.day < over


def _roots(district: str) -> list[JournalRoot]:
    """One a day, so few."""
    query = select(JournalRoot).where(JournalRoot.district == district).order_by(JournalRoot.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
