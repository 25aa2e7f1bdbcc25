"""Step: how far from the check-in points a phone says it is, and whether that leaves a doubt. A hint, never a proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from backend.kit.geo import Position, metres_between
from backend.volunteering.check_in_points import CheckInPoint

VAGUE_METRES = 200
"""A phone in town errs by 5 to 50 m; one that says it may be off by more than this proves little."""


class Doubt(StrEnum):
    """Why a person looks at a check-in before its hours count. None of them refuses it."""

    NO_POSITION = "no_position"  # none given, or no consent to use it
    OUTSIDE = "outside"  # outside every radius, by less than the phone may err
    FAR = "far"  # outside by more than that
    VAGUE = "vague"  # inside, but the phone hardly knew where it was


@dataclass(frozen=True, slots=True)
class Nearness:
    """Whole metres to the nearest check-in point, the accuracy the phone gave, and the doubt if there is one."""

    distance_m: int | None
    accuracy_m: int | None
    doubt: Doubt | None


def judge(points: list[CheckInPoint], position: Position | None) -> Nearness:
    """Measure a position against all check-in points, each with its own radius."""
    if position is None:
        return Nearness(None, None, Doubt.NO_POSITION)
    away = [(metres_between(position, point.position), point.radius_m) for point in points]
    accuracy = position.accuracy or 0.0
    beyond = min(metres - radius for metres, radius in away)
    return Nearness(round(min(metres for metres, _ in away)), math.ceil(accuracy), _doubt(beyond, accuracy))


def _doubt(beyond: float, accuracy: float) -> Doubt | None:
    if beyond > accuracy:
        return Doubt.FAR
    if beyond > 0:
        return Doubt.OUTSIDE
    return Doubt.VAGUE if accuracy > VAGUE_METRES else None
