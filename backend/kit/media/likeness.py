"""What a picture shows, in 64 bits: pictures that look alike have hashes that differ in few of them."""

from __future__ import annotations

import math

from PIL import Image

BITS = 64
_SIDE = 32  # the picture is looked at in 32 x 32 greys
_KEPT = 8  # of its waves, the 8 x 8 slowest say what it shows
_FLAT = 40.0
"""Below this strongest wave there is nothing to compare: a covered lens, a blank wall. A change of 2 greys makes 32."""
_WAVES = [[math.cos(math.pi / _SIDE * (x + 0.5) * k) for x in range(_SIDE)] for k in range(_KEPT)]


def likeness(image: Image.Image) -> str | None:
    """The perceptual hash of a picture, as 16 hex digits; None when it is too plain to be told from others.

    The picture's slowest waves (a discrete cosine transform), each a bit: above the middle one or not. Scaling,
    brightness, another file type and another quality leave nearly all bits as they were.
    """
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = grey.tobytes()
    lines = [pixels[start : start + _SIDE] for start in range(0, len(pixels), _SIDE)]
    across = [[_sum(wave, line) for line in lines] for wave in _WAVES]
    waves = [_sum(wave, column) for column in across for wave in _WAVES]
    if max(map(abs, waves[1:])) < _FLAT:  # the first is the mean grey
        return None
    middle = sorted(waves[1:])[len(waves) // 2 - 1]
    return f"{sum(1 << place for place, wave in enumerate(waves) if wave > middle):016x}"


def difference(one: str, other: str) -> int:
    """In how many of their 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _sum(wave: list[float], values: bytes | list[float]) -> float:
    return sum(a * b for a, b in zip(wave, values, strict=True))
