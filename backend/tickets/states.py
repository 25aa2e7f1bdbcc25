"""The way of a ticket: received, filed, dispatched, fixed, checked and closed, rated; and the ways back."""

from __future__ import annotations

from enum import StrEnum

from backend.kit.states import States


class TicketState(StrEnum):
    RECEIVED = "received"
    REFUSED = "refused"  # not a matter for this service; the reporter is told why
    FILED = "filed"  # verified and filed (立案): from here on the class's clock runs
    DISPATCHED = "dispatched"
    FIXED = "fixed"  # the unit says so; nobody has looked yet
    CLOSED = "closed"  # somebody else looked, and it is so
    RATED = "rated"


_S = TicketState
TICKET_STATES: States[TicketState] = States(
    {
        "verify": (frozenset({_S.RECEIVED}), _S.FILED),
        "refuse": (frozenset({_S.RECEIVED}), _S.REFUSED),
        "join": (frozenset({_S.FILED, _S.DISPATCHED}), _S.FILED),
        "dispatch": (frozenset({_S.FILED}), _S.DISPATCHED),
        "return": (frozenset({_S.DISPATCHED}), _S.FILED),
        "fix": (frozenset({_S.DISPATCHED}), _S.FIXED),
        "pass": (frozenset({_S.FIXED}), _S.CLOSED),
        "fail": (frozenset({_S.FIXED}), _S.DISPATCHED),
        "close_with_original": (frozenset({_S.FILED}), _S.CLOSED),
        "rate": (frozenset({_S.CLOSED}), _S.RATED),
        "reopen": (frozenset({_S.CLOSED, _S.RATED}), _S.DISPATCHED),
        "reopen_with_original": (frozenset({_S.CLOSED, _S.RATED}), _S.FILED),
    }
)
AT_WORK = frozenset({_S.FILED, _S.DISPATCHED, _S.FIXED})
"""Filed and not closed: what a later report can be a duplicate of."""
OPEN = AT_WORK | {_S.RECEIVED}
ENDED = frozenset({_S.REFUSED, _S.CLOSED, _S.RATED})
