"""Level `journal`: an answered entry on its way into the journal, and the thread that waits for that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from time import monotonic
from typing import Protocol

from points.ledger.entry import number_of


class Tray(Protocol):
    """Where answers lie until the journal has committed their entries."""

    def hand_in(self, answers: Sequence[Awaited]) -> None:
        """Tell each of them, soon, whether the journal has it; back at once."""

    def let_go(self, answer: Awaited) -> None:
        """Nobody waits for this one any more."""


class Journal(Protocol):
    """The journal of one district, as its ledger asks it to keep what is answered."""

    def tray(self) -> Tray | None:
        """Where this thread's answers are handed in; None inside a transaction, whose own commit must keep them."""

    def has(self, text: str) -> bool:
        """Copy entries in this thread's transaction up to this one; whether the journal has this very text then."""


class Awaited:
    """One posting's wait for the journal, from before its answer until somebody knows whether the journal has it."""

    __slots__ = ("_seconds", "_until", "gate", "number", "sure", "text", "tray")

    def __init__(self, tray: Tray, seconds: float) -> None:
        self.tray = tray
        self.text, self.number = "", 0
        self.sure: bool | None = None
        """Whether the journal has it; None until somebody knows."""
        self.gate = Lock()
        """Where its thread sleeps, for the answer and on until it is told."""
        self._seconds, self._until = seconds, 0.0

    def answered(self, answer: str) -> None:
        """Its answer is there, and is handed in now."""
        text = text_of(answer)
        self.number, self._until = number_of(text), monotonic() + self._seconds
        self.gate.acquire(blocking=False)  # its thread may sleep at it already
        self.text = text  # by which others see that it is answered

    @property
    def left(self) -> float:
        """For how many seconds it is waited for: all of them while its answer is not there."""
        return self._until - monotonic() if self.text else self._seconds

    def tell(self, sure: bool) -> None:
        """Wake its thread, with what is known."""
        self.sure = sure
        self.gate.release()

    def is_sure(self) -> bool:
        """Whether the journal has it; back when that is told, or when its time is over."""
        try:
            if self.sure is None:
                self.gate.acquire(timeout=max(0.0, self.left))
        finally:
            if self.sure is None:
                self.let_go()
        return bool(self.sure)

    def let_go(self) -> None:
        """Wait no longer."""
        self.tray.let_go(self)


def text_of(answer: str) -> str:
    """The canonical text that an answer of the script holds, of a first or of a repeated request."""
    return answer.removeprefix("=")


def is_entry(answer: str) -> bool:
    """Whether an answer holds an entry: no refusal, and nothing to be asked again."""
    return answer[0] not in "!?"


def hand_in(answers: Iterable[tuple[Awaited | None, str]]) -> None:
    """Each tray gets at once what came for it: answers that hold an entry, and are waited for."""
    handed = []
    for awaited, answer in answers:
        if awaited is not None and is_entry(answer):
            awaited.answered(answer)
            handed.append(awaited)
    for tray in {each.tray for each in handed}:
        tray.hand_in([each for each in handed if each.tray is tray])
