"""The states something goes through, as a table: which step leads from where to where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.kit.state_words import STATES, STEPS
from points.errors import Category, kind

WRONG_STATE = kind(
    "wrong_state",
    Category.CONFLICT,
    zh="当前为“{state}”，不能{step}。",
    en="In its present state ({state}) the step “{step}” is not possible.",
    words={"state": STATES, "step": STEPS},
)
State = TypeVar("State", bound=str)


@dataclass(frozen=True)
class States(Generic[State]):
    """`steps[step] = (states it may start from, state it leads to)`."""

    steps: Mapping[str, tuple[frozenset[State], State]]

    def after(self, state: State, step: str) -> State:
        """The state that a step leads to; refused with `wrong_state` where the table has no such way."""
        starts, end = self.steps[step]
        if state not in starts:
            raise WRONG_STATE(state=state, step=step)
        return end
