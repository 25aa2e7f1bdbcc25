"""When an entry is as safe as its level promises, and what is answered when it is not yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import ResponseError

from points.ledger.keys import Keys
from points.ledger.refusals import NOT_YET_DURABLE
from points.ledger.results import Receipt

_ASK_AGAIN_MS = 20
LEVELS = ("disk", "replica", "journal")


class Safe:
    """One level of acknowledgement. A repeated request waits for it like the first."""

    def __init__(
        self,
        level: str,
        keys: Keys,
        replicas: int,
        journaled: Callable[[Receipt, float], bool] | None,
        wait_seconds: float,
    ) -> None:
        if level not in LEVELS or (level == "journal" and journaled is None):
            raise ValueError("a level is disk, replica, or journal with somebody who knows the journal")
        self._journaled = journaled if level == "journal" else None
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

    def sure(self, receipt: Receipt, wait: bool = True) -> Receipt:
        """The receipt, once the journal has its entry where the level wants that; or if it has, when not to wait."""
        if self._journaled is not None and not self._journaled(receipt, self._seconds if wait else 0):
            raise NOT_YET_DURABLE(level="journal")
        return receipt
