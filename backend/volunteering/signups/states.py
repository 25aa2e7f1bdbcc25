"""What becomes of a sign-up."""

from __future__ import annotations

from enum import StrEnum

from backend.kit.states import States


class SignUpState(StrEnum):
    SIGNED_UP = "signed_up"
    LEFT = "left"
    ATTENDED = "attended"


SIGN_UPS: States[SignUpState] = States(
    {
        "leave": (frozenset({SignUpState.SIGNED_UP}), SignUpState.LEFT),
        "attend": (frozenset({SignUpState.SIGNED_UP, SignUpState.ATTENDED}), SignUpState.ATTENDED),
    }
)
