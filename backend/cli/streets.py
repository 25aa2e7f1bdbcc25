"""For `civic rules`: the streets of a district, as far as the project has them."""

from __future__ import annotations

import csv
from pathlib import Path


def street_names(district: str) -> dict[str, str]:
    """The names of a district's streets by code, where the project has them."""
    file = Path(__file__).parents[2] / "config" / "regions" / district / "streets.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["code9"]: row["name"] for row in csv.DictReader(lines)}
