"""The way of a transfer: it leaves, it is under way, and it ends once."""

from __future__ import annotations

from enum import StrEnum

from backend.kit.states import States


class CrossingState(StrEnum):
    SENDING = "sending"  # asked for; the points are not known to have left
    SENT = "sent"  # they left; under way there, or on the way back
    ARRIVED = "arrived"
    REFUSED = "refused"  # nothing moved
    RETURNED = "returned"  # the other side refused for good; they came back


_S = CrossingState
UNDER_WAY = frozenset({_S.SENDING, _S.SENT})
CROSSINGS: States[CrossingState] = States(
    {
        "send": (frozenset({_S.SENDING}), _S.SENT),
        "refuse": (frozenset({_S.SENDING}), _S.REFUSED),
        "arrive": (frozenset({_S.SENT}), _S.ARRIVED),
        "bring_back": (frozenset({_S.SENT}), _S.RETURNED),
    }
)
