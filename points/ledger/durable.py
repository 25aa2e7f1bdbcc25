"""When an entry is as safe as its level promises, and what is answered when it is not yet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from points.ledger.awaited import Awaited, Journal, Tray, hand_in, is_entry, text_of
from points.ledger.keys import Keys
from points.ledger.refusals import NOT_YET_DURABLE

_ASK_AGAIN_MS = 20
LEVELS = ("disk", "replica", "journal")


class Safe:
    """One level of acknowledgement. A repeated request waits for it like the first."""

    def __init__(
        self,
        level: str,
        keys: Keys,
        replicas: int,
        journal: Journal | None,
        wait_seconds: float,
    ) -> None:
        if level not in LEVELS or (level == "journal" and journal is None):
            raise ValueError("a level is disk, replica, or journal with somebody who knows the journal")
        if wait_seconds <= 0:
            raise ValueError("an answer waits for its level")
        self._journal = journal if level == "journal" else None
        self._replicas = replicas if level == "replica" else 0
        self._mark = keys.prefix + "waited"
        self._counts_files = True
        self._seconds = wait_seconds
        self.on_line = self._wait_for_replicas if self._replicas else None

    def _wait_for_replicas(self, line: Any, answer: bytes | list[bytes]) -> None:
        """WAIT counts what this connection wrote; after a repeat it wrote nothing, so it writes a mark first."""
        answers = [answer] if isinstance(answer, bytes) else answer
        if not any(each[:1].isdigit() or each[:1] == b"=" for each in answers):
            return
        if any(each[:1] == b"=" for each in answers):
            line.send_command("INCR", self._mark)
            line.read_response()
        if self._kept_by(line) < self._replicas:
            raise NOT_YET_DURABLE(level="replica")

    def _kept_by(self, line: Any) -> int:
        """How many replicas have flushed what this connection wrote.

        A server before 7.2 only counts those that have received it; one that flushes before each answer
        (`appendfsync always`) has flushed it by then, too.
        """
        allowed = int(self._seconds * 1000)
        if self._counts_files:
            try:
                return self._flushed_by(line)
            except ResponseError as said:
                if "unknown command" not in str(said).lower():
                    raise
                self._counts_files = False
        line.send_command("WAIT", self._replicas, allowed)
        return int(line.read_response())

    def _flushed_by(self, line: Any) -> int:
        """A replica that is asked while it flushes tells of it only a second later, unless it is asked again."""
        until, kept = time.monotonic() + self._seconds, 0
        while kept < self._replicas and (left := until - time.monotonic()) > 0:
            line.send_command("WAITAOF", 0, self._replicas, max(1, min(_ASK_AGAIN_MS, int(left * 1000))))
            kept = int(line.read_response()[1])
        return kept

    def awaited(self) -> Awaited | None:
        """How this thread's posting waits for the journal; None where it does not, or its own commit keeps it."""
        tray = self._tray()
        return Awaited(tray, self._seconds) if tray is not None else None

    def hand_in(self, answers: Sequence[str]) -> list[Awaited | None]:
        """One for each answer that holds an entry, all handed in at once; None for the others, and where none waits."""
        tray = self._tray()
        if tray is None:
            return [None] * len(answers)
        awaited = [Awaited(tray, self._seconds) if is_entry(answer) else None for answer in answers]
        hand_in(zip(awaited, answers, strict=True))
        return awaited

    def sure(self, answer: str, awaited: Awaited | None) -> None:
        """Back once the entry of an answer is as safe as the level wants. Raises Refused `not_yet_durable`."""
        if self._journal is None:
            return
        if awaited is not None and not awaited.text:
            hand_in([(awaited, answer)])
        if not (self._journal.has(text_of(answer)) if awaited is None else awaited.is_sure()):
            raise NOT_YET_DURABLE(level="journal")

    def _tray(self) -> Tray | None:
        return self._journal.tray() if self._journal is not None else None
