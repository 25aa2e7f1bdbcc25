"""Level `journal`: a posting is answered when the journal has committed it, many postings in one commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask, current_app

from backend.journal import trimming
from backend.journal.projector import BATCH, carry_on, head, project
from backend.kit.db import in_transaction
from points.errors import Refused

_IDLE_SECONDS = 30.0
TRIM_SECONDS = 1.0
"""How often the stream is trimmed behind the commits: each time costs the ledger a flush."""
_MAKING = threading.Lock()


def journaled(district: str, number: int, seconds: float) -> bool:
    """Whether the journal has committed entry `number`, waiting for it at most so many seconds.

    Inside an open transaction the entries are copied in that very transaction: its commit comes before any answer.
    """
    if in_transaction():
        while head(district).number < number and project(district):
            pass
        return head(district).number >= number
    return _committer(district).wait_for(number, seconds)


def _committer(district: str) -> Committer:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with _MAKING:
        kept: dict[str, Committer] = app.extensions.setdefault("civic_committers", {})
        if district not in kept:
            kept[district] = Committer(app, district)
        return kept[district]


def stop(app: Flask) -> None:
    """End the threads that commit for this application, for whoever takes its books away."""
    with _MAKING:
        for committer in app.extensions.pop("civic_committers", {}).values():
            committer.stop()


class Committer:
    """One thread of a process that copies entries while somebody waits for them; who waits shares its commits.

    The waiting is bounded even when the database hangs, as it is the thread that hangs with it.
    """

    def __init__(self, app: Flask, district: str) -> None:
        self._app, self._district = app, district
        self._changed = threading.Condition()
        self._begun = self._done = self._asked = 0
        """Copies by their number: a posting is served by one that begins after it."""
        self._reached = 0
        self._trimmed_at = 0.0
        self._thread: threading.Thread | None = None
        self._ended = False

    def stop(self) -> None:
        """End the thread; back when it has let the books go."""
        with self._changed:
            self._ended, thread = True, self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Whether a copy that begins from now on reaches `number` in time."""
        with self._changed:
            needed = self._asked = self._begun + 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"journal {self._district}", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= needed, seconds)
            return self._done >= needed and self._reached >= number

    def _run(self) -> None:
        while self._is_asked():
            reached = self._made(self._carry_on)
            with self._changed:
                self._reached, self._done = reached, self._begun
                self._changed.notify_all()
            if time.monotonic() - self._trimmed_at > TRIM_SECONDS:
                self._trim()
        if not self._ended:
            self._trim()

    def _is_asked(self) -> bool:
        """Begin a copy as soon as somebody waits for one; False when nobody came for long, and the thread ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._asked > self._begun, _IDLE_SECONDS)
            if self._asked > self._begun and not self._ended:
                self._begun += 1
                return True
            self._thread = None
            return False

    def _trim(self) -> None:
        """While nobody waits for it."""
        self._trimmed_at = time.monotonic()
        self._made(lambda: trimming.after_copy(self._district))

    def _carry_on(self) -> int:
        """From where the last copy ended: what others have copied since is left out where it is written."""
        known = self._reached or head(self._district).number
        while (copied := carry_on(self._district, known, trims=False)).read == BATCH:
            known = copied.reached
        return copied.reached

    def _made(self, work: Callable[[], int]) -> int:
        """What the work answers, such as how far the journal reaches now; 0 when it could not be done."""
        try:
            with self._app.app_context():  # whose end gives the session back, and fails too when the books were killed
                return work()
        except Refused as refusal:
            structlog.get_logger().error("not_journaled", district=self._district, reason=refusal.code)
        except Exception as error:  # noqa: BLE001 - the books may be down; whoever waits is told in time
            structlog.get_logger().error("not_journaled", district=self._district, reason=type(error).__name__)
        return 0
