"""The way of an attendance from check-in to confirmed hours."""

from __future__ import annotations

from enum import StrEnum

from backend.kit.states import States


class AttendanceState(StrEnum):
    PRESENT = "present"  # checked in
    DONE = "done"  # checked out; waits for the leader
    FORGOTTEN = "forgotten"  # closed with 0 minutes, as nobody checked out
    SECOND_NEEDED = "second_needed"  # the leader agrees, a second person must too
    CONFIRMED = "confirmed"  # the hours count


_S = AttendanceState
ATTENDANCES: States[AttendanceState] = States(
    {
        "check_out": (frozenset({_S.PRESENT}), _S.DONE),
        "close_forgotten": (frozenset({_S.PRESENT}), _S.FORGOTTEN),
        "confirm": (frozenset({_S.DONE}), _S.CONFIRMED),
        "confirm_doubtful": (frozenset({_S.DONE}), _S.SECOND_NEEDED),
        "correct": (frozenset({_S.FORGOTTEN}), _S.SECOND_NEEDED),
        "confirm_as_second": (frozenset({_S.SECOND_NEEDED}), _S.CONFIRMED),
        "confirm_leader": (frozenset({_S.DONE}), _S.CONFIRMED),
    }
)
"""`confirm_leader`: a leader's own hours are the staff's to confirm."""
