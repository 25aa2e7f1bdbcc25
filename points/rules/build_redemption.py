"""Step: the parts of a pack beside the decisions: redemption windows and star grades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from points.rules.build_rule import notice_of
from points.rules.conditions import WEEKDAYS
from points.rules.redemption import Limit, Opening, Redemption
from points.rules.stars import Stars


def redemption_of(raw: dict[str, Any]) -> Redemption | None:
    """What the pack says of redeeming, or None."""
    value = raw.get("redemption")
    if value is None:
        return None
    openings = tuple(
        Opening(
            each["of"],
            each["which"],
            None if "weekday" not in each else WEEKDAYS.index(each["weekday"]),
            each.get("days", 1),
        )
        for each in value.get("open", ())
    )
    limits = tuple(Limit(each["times"], each["window"]) for each in value.get("limits", ()))
    return Redemption(openings, value.get("least_points", 0), limits, value.get("points_per_yuan"))


def stars_of(raw: dict[str, Any]) -> Stars | None:
    """The pack's star grades, lowest first, or None."""
    value = raw.get("stars")
    if value is None:
        return None
    return Stars(tuple(sorted(Decimal(hours) for hours in value["hours"])), notice_of(value["notice"]))
