"""What an act goes through: declared, decided, and where it was refused perhaps appealed and decided anew."""

from __future__ import annotations

from enum import StrEnum

from backend.kit.states import States


class ActState(StrEnum):
    DECLARED = "declared"
    APPROVED = "approved"
    REFUSED = "refused"
    APPEALED = "appealed"
    UPHELD = "upheld"  # refused for good
    OVERTURNED = "overturned"  # approved after all


ACTS: States[ActState] = States(
    {
        "approve": (frozenset({ActState.DECLARED}), ActState.APPROVED),
        "refuse": (frozenset({ActState.DECLARED}), ActState.REFUSED),
        "appeal": (frozenset({ActState.REFUSED}), ActState.APPEALED),
        "extend": (frozenset({ActState.APPEALED}), ActState.APPEALED),
        "uphold": (frozenset({ActState.APPEALED}), ActState.UPHELD),
        "overturn": (frozenset({ActState.APPEALED}), ActState.OVERTURNED),
    }
)
