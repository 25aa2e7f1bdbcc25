"""When each job's turn comes: counted by a clock that nobody can set."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from threading import Condition, Thread


@dataclass(order=True, slots=True)
class _Turn:
    due: float
    """By the monotonic clock, in seconds."""
    number: int
    every_seconds: float = field(compare=False)
    run: Callable[[], object] = field(compare=False)


class Rounds:
    """Jobs that a few threads do again and again, each `every_seconds` after it was last begun, never beside itself.

    The machine's clock may jump: no job waits longer for that, and none is done often to catch up.
    """

    def __init__(self, threads: int) -> None:
        self._changed = Condition()
        self._turns: list[_Turn] = []
        self._added, self._ended = 0, False
        self._threads = [Thread(target=self._work, name=f"rounds-{number}", daemon=True) for number in range(threads)]

    def add(self, run: Callable[[], object], every_seconds: float) -> None:
        """Let a job take its turns; the first comes after `every_seconds`. What it raises it must catch itself."""
        with self._changed:
            self._added += 1
            heappush(self._turns, _Turn(time.monotonic() + every_seconds, self._added, every_seconds, run))
            self._changed.notify()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more; back when what runs has ended."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            began = time.monotonic()
            turn.run()
            turn.due = max(began + turn.every_seconds, time.monotonic())
            with self._changed:
                heappush(self._turns, turn)
                self._changed.notify()

    def _next(self) -> _Turn | None:
        """Wait for the next turn and take it; None at the end."""
        with self._changed:
            while not self._ended:
                wait = self._turns[0].due - time.monotonic() if self._turns else None
                if wait is not None and wait <= 0:
                    return heappop(self._turns)
                self._changed.wait(wait)
            return None
