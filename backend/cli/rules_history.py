"""`civic rules simulate --against history`: the books' real deeds of a period as a table, and the pack in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from backend.kit.clock import now
from backend.kit.days import local_day
from backend.passbook.history import history
from backend.passbook.packs import row_in_force
from points.rules.history import write_history


def exported(district: str, first: date | None, last: date | None, folder: Path) -> tuple[Path, Path | None]:
    """The table of the deeds, and the pack in force on the last day (None while there is none), as files in `folder`.

    To be called with the application's context; the books are only read.
    """
    table = folder / "history.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        write_history(history(district, first, last), out)
    row = row_in_force(district, min(last or local_day(now()), local_day(now())))
    if row is None:
        return table, None
    beside = folder / f"in-force-{row.digest[:12]}.yaml"
    beside.write_text(row.text, "utf-8")
    return table, beside
