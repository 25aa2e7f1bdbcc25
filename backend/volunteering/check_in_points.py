"""Step: where a volunteer can check in; spots with a radius of their own, kept in WGS84."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from backend.kit.geo import Position, position_of


@dataclass(frozen=True, slots=True)
class CheckInPoint:
    """A spot where the rotating code is shown. Degrees in WGS84, radius in metres."""

    name: str
    lat: float
    lon: float
    radius_m: int

    @property
    def position(self) -> Position:
        return Position(self.lat, self.lon)


def stored(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points as they came in become what the books keep: WGS84, rounded to a decimetre."""
    kept = []
    for point in points:
        at = position_of(point["lat"], point["lon"], point["datum"])
        kept.append(asdict(CheckInPoint(point["name"], round(at.lat, 6), round(at.lon, 6), point["radius_m"])))
    return kept


def read(points: list[dict[str, Any]]) -> list[CheckInPoint]:
    """What the books keep, as points again."""
    return [CheckInPoint(**point) for point in points]
