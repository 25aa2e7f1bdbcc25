"""Wrong ways to build the same parts, which the simulation must find out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from backend.journal import projector
from backend.journal.models import JournalHead
from backend.kit import outbox
from backend.kit.clock import fresh_id, now
from backend.kit.db import transaction
from backend.passbook import posting
from points.errors import Refused
from points.ledger.transfer import Earn

WRONG: dict[str, Callable[[], Any]] = {}


def wrong(name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(made: Callable[[], Any]) -> Callable[[], Any]:
        WRONG[name] = contextmanager(made)
        return made

    return register


@wrong("a projector that commits its cursor apart from the entries")
def _cursor_apart() -> Iterator[None]:
    whole = projector.append

    def project(district: str, batch: int = 500) -> int:
        entries = projector.stream(district).read(projector.head(district).number, batch)
        if not entries:
            return 0
        with transaction() as session:
            before = projector.locked_head(session, district)
            kept = (before.number, before.hash, before.sha256)
            before.number, before.hash = entries[-1].number, entries[-1].hash
        with transaction() as session:
            number, digest, sha256 = kept
            apart = JournalHead(district=district, number=number, hash=digest, sha256=sha256)
            whole(session, apart, entries)
            projector.locked_head(session, district).sha256 = apart.sha256
        return len(entries)

    with patch.object(projector, "project", project):
        yield


@wrong("a projector that trims before its commit")
def _trims_early() -> Iterator[None]:
    whole = projector.append

    def append(session: Any, head: JournalHead, entries: Any) -> None:
        whole(session, head, entries)
        projector.stream(head.district).trim(head.number)

    def stream_of(_: str) -> None:
        return None

    with patch.object(projector, "append", append), patch.object(projector.trimming, "after_copy", stream_of):
        yield


@wrong("a projector that does not look at what was copied already")
def _no_cursor() -> Iterator[None]:
    def project(district: str, batch: int = 500) -> int:
        head = projector.head(district)
        entries = projector.stream(district).read(max(0, head.number - 1), batch)
        with transaction() as session:
            reached = projector.locked_head(session, district)
            projector.insert_entries(session, district, entries, [""] * len(entries))
            if entries:
                reached.number, reached.hash = entries[-1].number, entries[-1].hash
        return len(entries) if entries and entries[-1].number > head.number else 0

    with patch.object(projector, "project", project):
        yield


@wrong("an outbox that marks as sent before it posts")
def _marks_early() -> Iterator[None]:
    def try_quietly(district: str, identifier: str) -> bool:
        row = outbox._claim(district, identifier)
        if row is None:
            return False
        with transaction() as session:
            session.execute(outbox._this(district, identifier).values(done_at=now()))
        with transaction():
            outbox._HANDLERS[row.kind](district, row.payload)
        return True

    with patch.object(outbox, "_try_quietly", try_quietly), patch.dict(outbox._BATCHES, clear=True):
        yield


@wrong("an outbox that names each try anew")
def _new_name() -> Iterator[None]:
    whole = posting._command

    def command(*given: Any) -> Earn:
        return replace(whole(*given), id=fresh_id())

    with patch.object(posting, "_command", command):
        yield


@wrong("an outbox that gives up when there is no answer")
def _gives_up() -> Iterator[None]:
    with patch.object(posting, "may_succeed_later", lambda refusal: False):
        yield


@wrong("an approval that posts before its commit")
def _posts_first() -> Iterator[None]:
    whole = posting.send

    def send(stored: Any) -> None:
        try:
            posting.post_grant(stored.district, {"grant": stored.id})
        except Refused:
            whole(stored)

    with patch.object(posting, "send", send):
        yield
