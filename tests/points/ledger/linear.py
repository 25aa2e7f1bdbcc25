"""Whether a history of concurrent calls is linearizable: the search of Wing and Gong, with Lowe's memory.

A call takes effect at one moment between its invocation and its answer. One whose answer never came may have taken
effect at any moment after its invocation, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

State = TypeVar("State", bound=Hashable)
UNKNOWN = "unknown"
"""The answer of a call whose answer was lost."""


@dataclass(frozen=True)
class Call:
    """One call as its caller saw it; times on one monotonic clock."""

    asked: tuple[object, ...]
    answer: object
    began: int
    ended: int
    caller: int = 0

    @property
    def known(self) -> bool:
        return self.answer != UNKNOWN


def order_of(
    calls: Sequence[Call], state: State, step: Callable[[State, tuple[object, ...]], tuple[State, object]]
) -> list[Call] | None:
    """An order of the calls in which each answer is the model's, and no call comes before one that had ended; or None.

    `step(state, asked)` answers the next state and the answer; states must be hashable, and are never changed.
    """
    listed = sorted(calls, key=lambda call: call.began)
    needed = sum(1 << i for i, call in enumerate(listed) if call.known)
    tried: set[tuple[int, Hashable]] = set()
    stack: list[tuple[int, State, tuple[object, ...]]] = [(0, state, ())]
    while stack:
        done, state, path = stack.pop()
        if done & needed == needed:
            return _unrolled(path)
        for i in reversed(_next(listed, done)):
            after, answer = step(state, listed[i].asked)
            reached = done | 1 << i
            if listed[i].known and answer != listed[i].answer:
                continue
            if (reached, after) not in tried:
                tried.add((reached, after))
                stack.append((reached, after, (listed[i], path)))
    return None


def _next(listed: list[Call], done: int) -> list[int]:
    """The calls that may come next: begun before any open one had ended; those that ended first, first."""
    first_end = None
    found = []
    for i, call in enumerate(listed):
        if first_end is not None and call.began > first_end:
            break
        if done >> i & 1:
            continue
        found.append(i)
        if call.known and (first_end is None or call.ended < first_end):
            first_end = call.ended
    chosen = [i for i in found if first_end is None or listed[i].began <= first_end]
    return sorted(chosen, key=lambda i: (not listed[i].known, listed[i].ended))


def _unrolled(path: tuple[object, ...]) -> list[Call]:
    order: list[Call] = []
    while path:
        call, path = path
        order.append(call)
    return order[::-1]


def overlaps(calls: Sequence[Call]) -> int:
    """How many pairs of calls were under way at once."""
    return sum(
        one.began < other.ended and other.began < one.ended for i, one in enumerate(calls) for other in calls[i + 1 :]
    )


def told(calls: Sequence[Call]) -> str:
    """A history as lines, in the order in which the calls began."""
    first = min(call.began for call in calls)
    return "\n".join(
        f"{(c.began - first) / 1e3:9.0f} to {(c.ended - first) / 1e3:9.0f} us  {c.caller}: {c.asked} -> {c.answer}"
        for c in sorted(calls, key=lambda call: call.began)
    )
