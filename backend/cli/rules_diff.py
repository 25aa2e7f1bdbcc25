"""`civic rules diff`: what a new pack changes, in words, beside another file or the pack in force."""

from __future__ import annotations

from pathlib import Path

from backend.cli import place
from backend.cli.existing import refuse_nothing
from backend.cli.rules_shown import show_difference
from backend.passbook.pack_reading import parsed
from backend.passbook.packs import compared_with
from backend.passbook.subjects import names_of, names_without_books
from points.rules import load_pack
from points.rules.diff import differences


def run(new: Path, old: Path | None, data: str | None) -> None:
    """Print it; without another file, beside what is in force on the new pack's first day, or today if that is past."""
    pack = load_pack(new)
    if old is None:
        refuse_nothing(data)
        with place.service(data):
            row = compared_with(pack.district, pack)
            beside = None if row is None else parsed(row.digest, row.text)
            names = names_of(pack.district, pack, *([beside] if beside else []))
    else:
        beside, names = load_pack(old), names_without_books(pack.district)
    said = ([], []) if beside is None else tuple(differences(beside, pack, each, names) for each in ("zh-CN", "en"))
    show_difference(*said, beside=beside is not None)
