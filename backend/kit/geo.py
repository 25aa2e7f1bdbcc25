"""Positions: where a phone says it is, in which datum, and how far that is from a place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import prcoords

_EARTH_METRES = 6_371_008.8
_CHINA_LAT, _CHINA_LON = (0.8293, 55.8271), (72.004, 137.8347)
"""The box that GCJ-02 shifts; prcoords warns, and errs near the poles, outside it."""


class Datum(StrEnum):
    """In which system of coordinates somebody speaks; phones in China speak GCJ-02."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees in WGS84; `accuracy` is the radius in metres the phone gave, if any."""

    lat: float
    lon: float
    accuracy: float | None = None

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError("not a position on earth")


def from_gcj02(lat: float, lon: float, accuracy: float | None = None) -> Position:
    """What a phone in China gives, converted to WGS84 (within a metre). Outside China the two are the same."""
    if not (_CHINA_LAT[0] <= lat <= _CHINA_LAT[1] and _CHINA_LON[0] <= lon <= _CHINA_LON[1]):
        return Position(lat, lon, accuracy)
    found = prcoords.gcj_wgs_bored((lat, lon), False)
    return Position(float(found[0]), float(found[1]), accuracy)


def position_of(lat: float, lon: float, datum: Datum, accuracy: float | None = None) -> Position:
    """What a phone or a map said, in WGS84."""
    return from_gcj02(lat, lon, accuracy) if datum is Datum.GCJ02 else Position(lat, lon, accuracy)


def metres_between(a: Position, b: Position) -> float:
    """Distance over the sphere, in metres."""
    d_lat, d_lon = math.radians(b.lat - a.lat), math.radians(b.lon - a.lon)
    h = (
        math.sin(d_lat / 2) ** 2
        + math.cos(math.radians(a.lat)) * math.cos(math.radians(b.lat)) * math.sin(d_lon / 2) ** 2
    )
    return 2 * _EARTH_METRES * math.asin(math.sqrt(h))
