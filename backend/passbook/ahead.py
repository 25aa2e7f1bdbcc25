"""When the ledger has seen a later time than the clocks show now: that is nobody's fault, and asking later helps."""

from __future__ import annotations

from datetime import timedelta

from backend.kit.clock import now
from points.errors import Refused
from points.ids import first_at
from points.ledger.refusals import BAD_TIME, ID_EXPIRED

_TAKEN_BACK, _TAKEN_AHEAD = timedelta(days=30), timedelta(days=1)
"""The ledger takes ids of this span around its own time."""


def ledger_is_ahead(refusal: Refused, identifier: str) -> bool:
    """Whether a posting was refused for times that are right by our clocks.

    That is so when the ledger itself finds them over (what is wrong by our clocks is refused before it is asked, and
    names its field), or calls an id too old that is none.
    """
    if refusal.kind is BAD_TIME:
        return "field" not in refusal.details
    if refusal.kind is not ID_EXPIRED:
        return False
    return first_at(now() - _TAKEN_BACK) <= identifier <= first_at(now() + _TAKEN_AHEAD)
