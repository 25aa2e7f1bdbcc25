"""Beside the decisions: how far a deed may go that somebody wrote by hand, so that no typo gets into the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from points.errors import Category, kind
from points.events import DeedApproved
from points.rules.facts import Facts

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_QUANTITY = Decimal(1_000_000)
FINEST = -6
"""The last decimal place of a quantity."""
LONGEST_ID, LONGEST_WORD = 36, 100
MOST_TALLY = Decimal(10) ** 15
_IDS = ("resident", "team", "activity", "household", "street")
_WORDS = ("id", "category", "place", "about")

TIME_OUTSIDE = kind(
    "rules_time_out_of_range",
    Category.INVALID,
    zh="时间 {time} 不在 2000 年至 2100 年之间。",
    en="The time {time} is not within the years 2000 to 2100.",
)
QUANTITY_OUTSIDE = kind(
    "rules_quantity_out_of_range",
    Category.INVALID,
    zh="数量或累计数 {quantity} 不对：数量从 0 到 1000000，小数不超过 6 位。",
    en="The quantity or sum {quantity} will not do: a quantity is 0 to 1000000 with at most 6 decimals.",
)
WORD_OUTSIDE = kind(
    "rules_word_out_of_range",
    Category.INVALID,
    zh="{field} 写得不对：编号不超过 36 个字，其他词不超过 100 个字；属性只能是词、整数、true 或 false。",
    en="`{field}` will not do: ids have at most 36 characters, other words 100; "
    "attributes are words, whole numbers, true or false.",
)


def check_event(event: DeedApproved) -> None:
    """Refused: `rules_time_out_of_range`, `rules_quantity_out_of_range`, `rules_word_out_of_range`."""
    check_time(event.at)
    check_quantity(event.quantity)
    for names, longest in ((_IDS, LONGEST_ID), (_WORDS, LONGEST_WORD)):
        for name in names:
            word = getattr(event, name)
            if word is not None and not (isinstance(word, str) and len(word) <= longest):
                raise WORD_OUTSIDE(field=name)
    if event.attributes:
        check_attributes(event.attributes)


def check_facts(facts: Facts) -> None:
    """Refused as `check_event`, by the same codes."""
    check_time(facts.decided_at)
    for number in facts.tallies.values():
        if not (0 <= number <= MOST_TALLY) or _decimals(number) < FINEST:
            raise QUANTITY_OUTSIDE(quantity=shortly(number))
    if facts.balance is not None and not 0 <= facts.balance <= MOST_TALLY:
        raise QUANTITY_OUTSIDE(quantity=shortly(facts.balance))


def check_time(at: datetime) -> None:
    """Refused with `rules_time_out_of_range`."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise TIME_OUTSIDE(time=at.isoformat())


def check_quantity(quantity: Decimal) -> None:
    """Refused with `rules_quantity_out_of_range`."""
    if not (quantity.is_finite() and 0 <= quantity <= MOST_QUANTITY) or _decimals(quantity) < FINEST:
        raise QUANTITY_OUTSIDE(quantity=shortly(quantity))


def check_attributes(attributes: Mapping[str, Any]) -> None:
    """Refused with `rules_word_out_of_range` and the attribute."""
    for name, value in attributes.items():
        fits = len(value) <= LONGEST_WORD if isinstance(value, str) else isinstance(value, int)
        if not fits or len(name) > LONGEST_WORD or (isinstance(value, int) and abs(value) > MOST_TALLY):
            raise WORD_OUTSIDE(field=f"attributes.{name[:LONGEST_WORD]}")


def shortly(value: object) -> str:
    """A value as a message can show it."""
    return str(value)[:40]


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else FINEST - 1
