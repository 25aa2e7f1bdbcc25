"""`civic rules simulate --against history`: the books' real deeds of a period as a table, and the pack in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from backend.passbook.history import history, warm_start
from backend.passbook.pack_reading import parsed
from backend.passbook.packs import compared_with
from points.rules import Pack
from points.rules.history import write_history


def exported(
    pack: Pack, first: date | None, last: date | None, folder: Path, beside: Pack | None = None
) -> tuple[Path, Path | None]:
    """The table of the deeds, and the pack that `pack` is compared with, as files in `folder`.

    There is none beside it where nothing is in force, and where it is to be tried beside `beside`.

    The table begins where the longest window of either pack begins, so that the books of the first day are full. To be
    called with the application's context; the books are only read.
    """
    row = compared_with(pack.district, pack) if beside is None else None
    old = beside if row is None else parsed(row.digest, row.text)
    start = None if first is None else warm_start(pack, old, first)
    table = folder / "history.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        write_history(history(pack.district, start, last), out)
    if row is None:
        return table, None
    compared = folder / f"in-force-{row.digest[:12]}.yaml"
    compared.write_text(row.text, "utf-8")
    return table, compared
