"""What time brings to the ledger: holds time out, notices end, lots expire."""

from __future__ import annotations

from backend.wiring import ledger

MOST_ROUNDS = 200


def sweep(district: str) -> int:
    """Do what is due, in bounded steps; answers how many entries it made. What is left comes with the next sweep."""
    done = 0
    for _ in range(MOST_ROUNDS):
        made = ledger(district).sweep()
        if made == 0:
            break
        done += made
    return done
