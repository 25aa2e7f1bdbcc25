"""What each entry must say: worked out from its command and what stood before it, a function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from points.ids import ms_of
from points.ledger.entry import Entry
from points.ledger.forget import FLOOR_MS
from points.ledger.keys import DAY_MS
from points.ledger.meant import desk, funds, grants, holds
from points.ledger.meant.before import Before
from points.ledger.meant.meaning import Meaning, difference
from points.ledger.state import Broken

__all__ = ["Before", "Commands"]

_KINDS: Mapping[str, Callable[[Before, Entry], Meaning]] = {
    "top_up": funds.top_up,
    "settle": funds.settle,
    "send_across": funds.send_across,
    "receive_across": funds.receive_across,
    "earn": grants.earn,
    "open": grants.open_,
    "expire": grants.expire,
    "reverse": grants.reverse,
    "hold": holds.hold,
    "capture": holds.capture,
    "release": holds.release,
    "time_out": holds.time_out,
    "refund": holds.refund,
    "set_offer": desk.set_offer,
    "adjust_stock": desk.adjust_stock,
    "set_gate": desk.set_gate,
}


class Commands:
    """Holds entries against their commands, one after the other, each before the state has it."""

    def __init__(self, before: Before, now_ms: int) -> None:
        self._before = before
        self._latest_ms = now_ms + DAY_MS
        """The ledger takes no command whose clock is off by a day, so no honest entry is later; unless commands came
        from there: all clocks were ahead then."""
        self._claimed_ms = 0

    def check(self, entry: Entry) -> None:
        """Raises Broken when an entry is not what its command means; ValueError or LookupError when it has none."""
        work = _KINDS.get(entry.kind)
        if work is None:
            raise Broken(entry.number, f"{entry.kind} is no kind of entry")
        self._check_time(entry)
        found = difference(entry, work(self._before, entry))
        if found is not None:
            raise Broken(entry.number, found)

    def _check_time(self, entry: Entry) -> None:
        """An id is made when its command is, and no entry is of a time that is still to come."""
        if entry.fingerprint:
            made_ms = ms_of(entry.id)
            self._claimed_ms = max(self._claimed_ms, made_ms)
            if not -FLOOR_MS <= made_ms - entry.at_ms <= DAY_MS:
                raise Broken(entry.number, "its id is of another time")
        if entry.at_ms > max(self._latest_ms, self._claimed_ms + DAY_MS):
            raise Broken(entry.number, "it is of a time to come that no command came from")
