"""Before a pack is kept: its days are the district's days, or a deed near midnight would have two packs, or none."""

from __future__ import annotations

import re

from points.rules import Pack, Problem

OTHER_ZONE = "timezone_not_the_districts"


def zone_problem(pack: Pack, text: str, wanted: str, file: str = "pack.yaml") -> Problem | None:
    """An error at the line of `timezone`, where the pack counts its days by another zone than its district."""
    if pack.timezone == wanted:
        return None
    lines = enumerate(text.splitlines(), 1)
    line = next((number for number, said in lines if re.match(r"""\s*\{?\s*["']?timezone["']?\s*:""", said)), 1)
    return Problem(
        file,
        line,
        OTHER_ZONE,
        f"规则包的时区是 {pack.timezone}，本区的是 {wanted}：请写 `timezone: {wanted}`。",
        f"The pack counts its days in {pack.timezone}, its district in {wanted}: say `timezone: {wanted}`.",
    )
