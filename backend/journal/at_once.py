"""Level `journal` on PostgreSQL: entries, their legs, the moved head and the commit are one statement, one journey.

What is prepared needs no lock: the digests of entries follow from the entries before them, whoever writes them. The
statement waits for the head's row and adds what the journal has not by then, if its head is the one that is known or
stands among the entries given, in number, hash and digest. Otherwise it adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import Engine

from backend.journal.projector import BATCH, digests_of
from points.ledger import Stream, Written


class Known(NamedTuple):
    """An end that the journal had."""

    number: int
    hash: str
    sha256: str


class Batch(NamedTuple):
    """Entries of an epoch, the first following `known`, each the one before it, with their digests in the chain."""

    known: Known
    epoch: int
    entries: Sequence[Written]
    digests: Sequence[str]

    @property
    def end(self) -> Known:
        return Known(self.known.number + len(self.entries), self.entries[-1].hash, self.digests[-1])


_ADD = r"""
WITH head AS MATERIALIZED (
    SELECT number, hash, sha256, epoch FROM journal_head WHERE district = %(district)s FOR UPDATE
), given AS MATERIALIZED (
    SELECT %(number)s::bigint + place AS number, hash, sha256, text
    FROM unnest(%(hashes)s::text[], %(digests)s::text[], %(texts)s::text[])
         WITH ORDINALITY AS each (hash, sha256, text, place)
), here AS MATERIALIZED (
    SELECT head.number FROM head
    WHERE head.epoch = %(epoch)s
      AND ((head.number, head.hash, head.sha256) = (%(number)s::bigint, %(hash)s, %(sha256)s)
           OR EXISTS (SELECT FROM given WHERE (given.number, given.hash, given.sha256)
                                            = (head.number, head.hash, head.sha256)))
), entries AS (
    INSERT INTO journal_entry (district, number, id, kind, at, amount, hash, text, sha256)
    SELECT %(district)s, given.number, said[2], said[3],
           timestamptz 'epoch' + said[4]::bigint * interval '1 millisecond', said[5]::bigint, hash, text, sha256
    FROM here JOIN given ON given.number > here.number,
         string_to_array(split_part(text, E'\n', 1), E'\t') AS said
), legs AS (
    INSERT INTO journal_leg (district, account, number, line, amount, balance)
    SELECT %(district)s, sides[place], given.number, (place - 1) / 3,
           sides[place + 1]::bigint, sides[place + 2]::bigint
    FROM here JOIN given ON given.number > here.number,
         string_to_array(split_part(text, E'\n', 2), E'\t') AS sides,
         generate_series(1, cardinality(sides), 3) AS place
    ORDER BY 2, 3, 4
), moved AS (
    UPDATE journal_head SET number = last.number, hash = last.hash, sha256 = last.sha256
    FROM here, (SELECT number, hash, sha256 FROM given ORDER BY number DESC LIMIT 1) AS last
    WHERE district = %(district)s AND last.number > here.number
)
SELECT number, hash, sha256, epoch, EXISTS (SELECT FROM here) FROM head
"""
_HEAD = "SELECT number, hash, sha256 FROM journal_head WHERE district = %s"


class Lane:
    """One thread's own way from the stream to the books; everything it does there is committed by itself."""

    def __init__(self, engine: Engine, stream: Stream, district: str) -> None:
        self._engine, self._stream, self._district = engine, stream, district
        self._line: psycopg.Connection[Any] | None = None
        self._known: Known | None = None
        self.added: dict[int, str] = {}
        """The texts of entries that are in the journal since the last copy, by number."""

    def copy(self, before_commit: Callable[[], object]) -> int | None:
        """Copy what the stream has more; answers how far the journal reaches, None when that must be found otherwise.

        `before_commit` is called when entries were read, before they are sent. Raises what the books or the ledger
        raise; then the connection is given up, and the next copy makes another.
        """
        self.added = {}
        try:
            self._known = self._copied(before_commit)
        except BaseException:
            self.close()
            raise
        return self._known.number if self._known else None

    def close(self) -> None:
        """Let the books go."""
        line, self._line, self._known = self._line, None, None
        if line is not None:
            line.close()

    def _copied(self, before_commit: Callable[[], object]) -> Known | None:
        """What others have added and trimmed meanwhile is seen by the head, and begun from there."""
        known = self._known or self._head()
        while known is not None:
            epoch, entries = self._stream.written(known.number, BATCH)
            if not entries:
                return self._head()
            batch = follow(known, epoch, entries)
            if batch is None:
                before, known = known, self._head()
                if known == before:
                    return None
                continue
            before_commit()
            known = self._add(batch)
            if known == batch.end:
                self.added |= {batch.known.number + place: each.text for place, each in enumerate(entries, 1)}
            if len(entries) < BATCH:
                break
        return known

    def _add(self, batch: Batch) -> Known | None:
        """Add what the journal has not yet; answers its end, None when it does not go on with these entries."""
        end = batch.end
        said = {
            "district": self._district,
            "epoch": batch.epoch,
            **batch.known._asdict(),
            "hashes": _array([entry.hash for entry in batch.entries]),
            "digests": _array(batch.digests),
            "texts": _array([entry.text for entry in batch.entries]),
        }
        found = self._connection().execute(_ADD, said, prepare=True).fetchone()
        if found is None:
            return None
        *reached, epoch, fits = found
        head = Known(*reached)
        if fits:
            return end
        return head if head.number > end.number and epoch == batch.epoch else None

    def _head(self) -> Known | None:
        found = self._connection().execute(_HEAD, (self._district,)).fetchone()
        return Known(*found) if found else None

    def _connection(self) -> psycopg.Connection[Any]:
        """Taken out of the pool for good, as it is set up in its own way: a plan made once serves every number."""
        if self._line is None:
            pooled = self._engine.raw_connection()
            self._line = cast("psycopg.Connection[Any]", pooled.driver_connection)
            pooled.detach()
            self._line.autocommit = True
            self._line.execute("SET plan_cache_mode = force_generic_plan")
        return self._line


def follow(known: Known, epoch: int, entries: Sequence[Written]) -> Batch | None:
    """The batch, if all of the entries follow `known`."""
    digests = digests_of(*known, entries)
    return Batch(known, epoch, entries, digests) if len(digests) == len(entries) else None


def _array(texts: Sequence[str]) -> str:
    """PostgreSQL's own writing of an array; the driver's takes a step for each element."""
    return '{"' + '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]) + '"}'
