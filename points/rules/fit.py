"""Beside the decisions: the largest factor on all points that a budget can carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

STEP = Decimal("0.01")
MOST = 1000
"""Factors are looked for from 0.00 to 10.00."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The factor, what it would have cost, and every factor that was tried with its cost."""

    factor: Decimal
    cost: int
    tried: tuple[tuple[Decimal, int], ...]


def fit_factor(cost_of: Callable[[Decimal], int], budget: int) -> Fit:
    """The largest factor, in hundredths and at most 10, whose cost is within the budget.

    `cost_of` never falls as the factor rises. The first guess is in proportion, so that few trials are needed.
    """
    tried: dict[int, int] = {0: 0}

    def cost(hundredths: int) -> int:
        if hundredths not in tried:
            tried[hundredths] = cost_of(hundredths * STEP)
        return tried[hundredths]

    low, high = 0, MOST + 1
    guess = 100
    while high - low > 1:
        found = cost(guess)
        low, high = (guess, high) if found <= budget else (low, guess)
        guess = _between(low, high, tried, budget) if len(tried) % 2 == 0 else (low + high) // 2
    return Fit(low * STEP, cost(low), tuple((each * STEP, tried[each]) for each in sorted(tried) if each))


def _between(low: int, high: int, tried: dict[int, int], budget: int) -> int:
    """The next factor to try: on the line between what is known, and strictly between while that can be."""
    if high - low <= 1:
        return low
    if high in tried and tried[high] > tried[low]:
        share = (budget - tried[low]) / (tried[high] - tried[low])
        guess = low + round((high - low) * share)
    elif tried[low]:
        guess = low * budget // tried[low]
    else:
        guess = (low + high) // 2
    return min(max(guess, low + 1), high - 1)
