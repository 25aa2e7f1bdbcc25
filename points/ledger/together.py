"""Commands of threads that wait at the same moment go to the server in one journey, as one run of the script.

While the journeys of this process are under way, further commands gather; the next journey takes all of them. Nobody
waits for company: a command that comes alone leaves at once. Where answers wait for the journal, who brought them hands
them in there for all, and the others sleep on.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from time import monotonic
from weakref import WeakSet

from points.errors import Refused
from points.ledger.awaited import Awaited, hand_in
from points.ledger.refusals import LEDGER_UNREACHABLE, NOT_YET_DURABLE
from points.ledger.request import Request

MOST = 64
"""Commands in one journey."""
JOURNEYS = 2
"""Under way at the same time: one is prepared while the server works on the other."""
LATE_SECONDS = 1.0
"""Nobody waits longer for a journey that hangs: who comes behind it leaves beside it."""

_FOR_ALL = (LEDGER_UNREACHABLE, NOT_YET_DURABLE)
Run = Callable[[Sequence[Request], int], list[str]]


class _Turn:
    """One thread's command, until its thread has an answer, or must ask alone, or leads a journey."""

    __slots__ = ("answer", "at_ms", "awaited", "gate", "leads", "lost", "request")

    def __init__(self, request: Request, at_ms: int, awaited: Awaited | None = None) -> None:
        self.request, self.at_ms, self.awaited = request, at_ms, awaited
        self.gate = Lock() if awaited is None else awaited.gate
        self.leads = False
        self.answer: str | None = None
        self.lost: Refused | None = None

    @property
    def is_handed_in(self) -> bool:
        return self.awaited is not None and self.awaited.text != ""


class Together:
    """Journeys to one ledger. `run` answers requests in their order; the time is the latest of theirs."""

    def __init__(self, run: Run, journeys: int = JOURNEYS, late_seconds: float = LATE_SECONDS) -> None:
        self._run, self._journeys, self._late_seconds = run, journeys, late_seconds
        self.begin()
        _everyone.add(self)

    def begin(self) -> None:
        """Nobody waits and nothing is under way, as in a process that was just forked."""
        self._mutex, self._waiting, self._free = Lock(), deque[_Turn](), self._journeys

    def ask(self, request: Request, at_ms: int, awaited: Awaited | None = None) -> str:
        """The script's answer to one request; one that is awaited was handed in, if it came with others'.

        A journey of several that is refused as a whole, or fails, says nothing of any one of them: each asks alone.
        Only when the server could not be asked, or its replicas did not follow in time, do all hear it at once.
        """
        turn = _Turn(request, at_ms, awaited)
        try:
            self._wait(turn)
            if turn.leads:
                self._lead(turn)
        except BaseException:
            self._leave(turn)
            raise
        finally:
            if turn.leads:
                self._pass_on()
        if turn.lost is not None:
            raise Refused(turn.lost.kind, turn.lost.details)
        return turn.answer if turn.answer is not None else self._run([request], at_ms)[0]

    def _wait(self, turn: _Turn) -> None:
        """Until the turn must lead or its gate is opened, or until the time of what was handed in is over."""
        with self._mutex:
            if self._free:
                turn.leads = True
                self._free -= 1
                return
            turn.gate.acquire()
            self._waiting.append(turn)
        late_at = monotonic() + self._late_seconds
        while (seconds := self._patience(turn)) > 0 and not turn.gate.acquire(timeout=seconds):
            if monotonic() >= late_at and self._steps_out(turn):
                turn.leads = True
                return

    def _patience(self, turn: _Turn) -> float:
        return self._late_seconds if turn.awaited is None else min(self._late_seconds, turn.awaited.left)

    def _steps_out(self, turn: _Turn) -> bool:
        """Whether the turn still waited for a journey, and waits no more."""
        with self._mutex:
            if turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            return True

    def _leave(self, turn: _Turn) -> None:
        """A thread that is called away waits no longer."""
        self._steps_out(turn)
        if turn.awaited is not None:
            turn.awaited.let_go()

    def _lead(self, turn: _Turn) -> None:
        crew = [turn]
        try:
            with self._mutex:
                while self._waiting and len(crew) < MOST:
                    crew.append(self._waiting.popleft())
            self._journey(crew)
        finally:
            for other in crew[1:]:
                if not other.is_handed_in:
                    other.gate.release()

    def _journey(self, crew: list[_Turn]) -> None:
        try:
            answers = self._run([turn.request for turn in crew], max([turn.at_ms for turn in crew]))
        except Exception as fault:
            if len(crew) == 1:
                raise
            if isinstance(fault, Refused) and fault.kind in _FOR_ALL:
                for turn in crew:
                    turn.lost = fault
        else:
            for turn, answer in zip(crew, answers, strict=True):
                turn.answer = answer
            hand_in((turn.awaited, answer) for turn, answer in zip(crew, answers, strict=True))

    def _pass_on(self) -> None:
        """Who has waited longest leads the next journey; it takes with it whoever waits when it leaves."""
        with self._mutex:
            if not self._waiting:
                self._free = min(self._free + 1, self._journeys)
                return
            following = self._waiting.popleft()
            following.leads = True
        following.gate.release()


_everyone: WeakSet[Together] = WeakSet()


def _begin_all() -> None:
    for together in list(_everyone):
        together.begin()


os.register_at_fork(after_in_child=_begin_all)
