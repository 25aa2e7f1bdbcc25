"""Level `journal`: a posting is answered when the journal has committed it, many postings in one commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from flask import Flask, current_app

from backend.journal import answered, trimming
from backend.journal.at_once import Lane
from backend.journal.projector import BATCH, carry_on, head, project
from backend.kit.db import db, in_transaction
from backend.wiring import stream
from points.errors import Refused
from points.ledger import Awaited, Tray

_IDLE_SECONDS = 30.0
TRIM_SECONDS = 1.0
"""How often the stream is trimmed behind the commits: each time costs the ledger a flush."""
GATHER_SECONDS = 0.01
"""How long a copy waits at most for as much company as there was the last time; never longer than that took."""
_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class DistrictJournal:
    """The journal of one district, as its ledger waits for it."""

    district: str

    def tray(self) -> Tray | None:
        """Whoever commits for the threads of this process; None inside a transaction, which copies for itself."""
        return None if in_transaction() else _committer(self.district)

    def has(self, text: str) -> bool:
        """Copy entries in this thread's very transaction up to this one; its commit comes before any answer."""
        while (found := answered.has(self.district, text)) is None and project(self.district):
            pass
        return bool(found)


def _committer(district: str) -> Committer:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # typed as what it stands for
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
        self._lane = Lane(db.engine, stream(district), district) if db.engine.dialect.name == "postgresql" else None
        self._lock = threading.Lock()  # held as such by who posts: a condition's own way in can be broken off halfway
        self._changed = threading.Condition(self._lock)
        self._waiting: list[Awaited] = []
        self._begun = 0
        """How many of those waiting came before the copy under way began."""
        self._aboard = 0
        """How many of those waiting came before what they wait for was sent to the books."""
        self._company = 1
        """How many the next copy waits a moment for."""
        self._took = 0.0
        self._reached = 0
        self._texts: dict[int, str] = {}
        """Of entries that the journal has since the last copy, by number."""
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

    def hand_in(self, answers: Sequence[Awaited]) -> None:
        """Copy, from now on, until the journal has the entries of these, and tell each."""
        with self._lock:
            before = len(self._waiting)
            self._waiting += answers
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"journal {self._district}", daemon=True)
                self._thread.start()
            elif not before or before < self._company <= len(self._waiting):
                self._changed.notify_all()

    def let_go(self, answer: Awaited) -> None:
        """Nobody is kept who waits no longer: the books may hang for hours."""
        with self._lock:
            if answer in self._waiting:
                place = self._waiting.index(answer)
                self._begun -= place < self._begun
                self._aboard -= place < self._aboard
                del self._waiting[place]

    def _run(self) -> None:
        leaves = False
        while not leaves:
            while self._is_asked():
                self._serve()
                if time.monotonic() - self._trimmed_at > TRIM_SECONDS:
                    self._trim()
            if not self._ended:
                self._trim()
            if self._lane is not None:
                self._lane.close()
            leaves = self._leaves()

    def _leaves(self) -> bool:
        """Whether nobody came while this thread put its things away; who comes from now on starts another."""
        with self._changed:
            if self._waiting and not self._ended:
                return False
            self._thread = None
            return True

    def _is_asked(self) -> bool:
        """Whether somebody waits, and company for them too, or for too long; False when nobody came for long."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._waiting, _IDLE_SECONDS)
            if self._waiting:
                patience = min(self._took, GATHER_SECONDS)
                self._changed.wait_for(lambda: self._ended or len(self._waiting) >= self._company, patience)
            return bool(self._waiting) and not self._ended

    def _serve(self) -> None:
        """One copy. Whoever asked before it began hears what came of it; of those who came aboard, whom it reached."""
        with self._changed:
            self._begun = self._aboard = len(self._waiting)
        began = time.monotonic()
        self._reached = reached = self._made(self._copy)
        self._took = time.monotonic() - began
        with self._changed:
            waiting, begun, aboard = self._waiting, self._begun, self._aboard
            late = [each for each in waiting[begun:aboard] if each.number > reached]
            self._waiting = late + waiting[aboard:]
            self._company = max(1, (aboard - len(late)) * 3 // 4)
        served = waiting[:begun] + [each for each in waiting[begun:aboard] if each.number <= reached]
        known = self._known([each for each in served if each.number <= reached])
        for each in served:
            each.tell(each in known)

    def _known(self, reached: list[Awaited]) -> set[Awaited]:
        """Those whose very text the journal has; who was answered another than it has under the number is not sure."""
        numbers = [each.number for each in reached if each.number not in self._texts]
        if numbers:  # others have copied them
            self._made(partial(self._look_up, numbers))
        for each in reached:
            if self._texts.get(each.number, each.text) != each.text:
                self._made(partial(self._refuse, each.number))
        return {each for each in reached if self._texts.get(each.number) == each.text}

    def _look_up(self, numbers: list[int]) -> int:
        with self._app.app_context():
            self._texts |= answered.texts(self._district, numbers)
        return 0

    def _refuse(self, number: int) -> int:
        with self._app.app_context():
            answered.refuse(self._district, number)
        return 0

    def _come_aboard(self) -> None:
        """Entries were read and are about to be sent: whoever waits by now asked before they are committed."""
        with self._changed:
            self._aboard = len(self._waiting)

    def _copy(self) -> int:
        """From where the last copy ended: what others have copied since is left out where it is written."""
        known, self._texts = self._reached, {}
        if self._lane is not None and (reached := self._lane.copy(self._come_aboard)) is not None:
            self._texts = self._lane.added
            return reached
        with self._app.app_context():  # whose end gives the session back, and fails too when the books were killed
            known = known or head(self._district).number
            while True:
                copied = carry_on(self._district, known, trims=False)
                self._texts |= {entry.number: entry.text for entry in copied.fresh}
                known = copied.reached
                if copied.read < BATCH:
                    return known

    def _trim(self) -> None:
        """While nobody waits for it."""
        self._trimmed_at = time.monotonic()

        def trim() -> int:
            with self._app.app_context():
                return trimming.after_copy(self._district)

        self._made(trim)

    def _made(self, work: Callable[[], int]) -> int:
        """What the work answers, such as how far the journal reaches now; 0 when it could not be done."""
        try:
            return work()
        except Refused as refusal:
            structlog.get_logger().error("not_journaled", district=self._district, reason=refusal.code)
        except Exception as error:  # noqa: BLE001 - the books may be down; whoever waits is told in time
            structlog.get_logger().error("not_journaled", district=self._district, reason=type(error).__name__)
        return 0
