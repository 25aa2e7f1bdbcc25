"""What a second person looks at before a pack is published, and the stamp that says they looked at just that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from backend.kit.db import find
from backend.passbook import pack_gaps
from backend.passbook.models import RulePack
from backend.passbook.pack_reading import parsed
from backend.passbook.packs import LANGUAGES, compared_with
from backend.passbook.subjects import names_of
from points.rules.diff import differences


@dataclass(frozen=True, slots=True)
class Seen:
    """A pack with what a second person looks at before publishing it."""

    row: RulePack
    beside: RulePack | None
    diff: dict[str, list[str]]
    stamp: str


def see(district: str, identifier: str) -> Seen:
    """One pack with its text, cases, simulation, and the difference in words to what is in force without it.

    The words also say which days a suspended pack left without rules, and whether this one fills them.
    """
    row = find(RulePack, district, identifier)
    new = parsed(row.digest, row.text)
    beside = compared_with(district, new, but=row.id)
    gaps = pack_gaps.said_of(row) if row.state == "submitted" else []
    diff = {language: [text.say(language) for text in gaps] for language in LANGUAGES}
    if beside is not None:
        old = parsed(beside.digest, beside.text)
        names = names_of(district, old, new)
        diff = {language: [*said, *differences(old, new, language, names)] for language, said in diff.items()}
    return Seen(row, beside, diff, stamp(row))


def stamp(row: RulePack) -> str:
    """What tells the pack, the cases and the simulation somebody was shown from those that took their place."""
    shown = json.dumps([row.digest, row.cases, row.simulation], sort_keys=True, default=str)
    return hashlib.sha256(shown.encode()).hexdigest()
