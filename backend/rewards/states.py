"""The states a reward is seen in: the books may be ahead of the ledger, and say so."""

from __future__ import annotations

from enum import StrEnum

from backend.rewards.models import Reward


class RewardState(StrEnum):
    PREPARING = "preparing"  # in the books; the ledger does not have it yet
    PUBLISHED = "published"  # the ledger decides by exactly these terms
    CHANGING = "changing"  # the ledger still decides by the terms before
    CLOSED = "closed"


def state_of(reward: Reward) -> RewardState:
    """`published` only when the ledger has these very terms."""
    if reward.closed:
        return RewardState.CLOSED
    if reward.published_version == reward.version:
        return RewardState.PUBLISHED
    return RewardState.CHANGING if reward.published_version else RewardState.PREPARING
