"""Everything that may go wrong in a simulated run, decided by one seed; and the trace that two runs must share."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import datetime

from points.clock import to_ms


class Crash(BaseException):
    """The process is gone at this point; nothing catches it but the simulation."""


class Chance:
    """Draws from the seed. While `calm`, nothing goes wrong."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)
        self._trace = hashlib.sha256()
        self.seed = seed
        self.calm = False
        self.seen: Counter[str] = Counter()
        self.steps = 0

    def below(self, bound: int) -> int:
        return self._drawn.randrange(bound)

    def pick(self, weighted: dict[str, int]) -> str:
        return self._drawn.choices(list(weighted), list(weighted.values()))[0]

    def goes_wrong(self, what: str, one_in: int) -> bool:
        """Whether this goes wrong here and now."""
        wrong = not self.calm and self._drawn.randrange(one_in) == 0
        if wrong:
            self.note(what)
            self.seen[what] += 1
        return wrong

    def may_crash(self, where: str, one_in: int = 12) -> None:
        """Raises Crash now and then."""
        if self.goes_wrong(f"crash {where}", one_in):
            raise Crash(where)

    def note(self, what: object) -> None:
        """Write down what happened, for the comparison of two runs of a seed."""
        self._trace.update(f"{what}\n".encode())

    @property
    def digest(self) -> str:
        return self._trace.hexdigest()

    def new_id(self, at: datetime) -> str:
        """A UUIDv7 of this time whose other bits come from the seed."""
        time, rest = f"{to_ms(at):012x}", f"{self._drawn.getrandbits(72):018x}"
        return f"{time[:8]}-{time[8:]}-7{rest[:3]}-{'89ab'[int(rest[3], 16) % 4]}{rest[4:7]}-{rest[6:18]}"
