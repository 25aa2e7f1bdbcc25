"""Beside the decisions: past deeds as a table (CSV), the input of a trial."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TextIO

from points.errors import Category, kind
from points.events import DeedApproved, DeedKind
from points.rules.facts import AGE_BANDS

COLUMNS = (
    "id",
    "kind",
    "category",
    "at",
    "resident",
    "quantity",
    "street",
    "activity",
    "team",
    "household",
    "place",
    "about",
    "age_band",
    "consents",
    "attributes",
    "decided_at",
)
"""Times with their zone; `consents` separated by blanks; `attributes` as JSON; what is empty is unknown."""

HISTORY_UNREADABLE = kind(
    "rules_history_unreadable",
    Category.MALFORMED,
    zh="历史数据第 {line} 行读不懂：{reason}",
    en="Line {line} of the history cannot be read: {reason}",
)
_KINDS = {each.value: each for each in DeedKind}


class Past(NamedTuple):
    """A deed that was approved once, with what the rules may know of its resident then."""

    event: DeedApproved
    decided_at: datetime
    age_band: str | None
    consents: tuple[str, ...]


def read_history(lines: TextIO, district: str) -> Iterator[Past]:
    """The deeds of a table, in its order; refused with `rules_history_unreadable` and the line."""
    rows = csv.reader(lines)
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise HISTORY_UNREADABLE(line=1, reason=f"columns must be {','.join(COLUMNS)}")
    for row in rows:
        try:
            past = _past(row, district)
        except (ValueError, KeyError, ArithmeticError) as wrong:
            raise HISTORY_UNREADABLE(line=rows.line_num, reason=str(wrong)) from wrong
        yield past


def write_history(pasts: Iterable[Past], out: TextIO) -> int:
    """Write deeds as such a table; answers how many."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for past in pasts:
        writer.writerow(_row(past))
        count += 1
    return count


def _past(row: list[str], district: str) -> Past:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} columns instead of {len(COLUMNS)}")
    identifier, kind_, category, at, resident, quantity, street, activity, team = row[:9]
    household, place, about, age_band, consents, attributes, decided = row[9:]
    when = datetime.fromisoformat(at)
    event = DeedApproved(
        identifier,
        _KINDS[kind_],
        category,
        when,
        resident,
        district,
        Decimal(quantity),
        street or None,
        activity or None,
        team or None,
        household or None,
        place or None,
        about or None,
        json.loads(attributes) if attributes else {},
    )
    if age_band and age_band not in AGE_BANDS:
        raise ValueError(f"no such age band: {age_band}")
    decided_at = datetime.fromisoformat(decided) if decided else when
    if decided_at.tzinfo is None:
        raise ValueError("a decision needs an aware time")
    return Past(event, decided_at, age_band or None, tuple(consents.split()) if consents else ())


def _row(past: Past) -> list[str]:
    event = past.event
    decided = "" if past.decided_at == event.at else past.decided_at.isoformat()
    attributes = json.dumps(dict(event.attributes), ensure_ascii=False, sort_keys=True) if event.attributes else ""
    texts = (event.street, event.activity, event.team, event.household, event.place, event.about, past.age_band)
    return [
        event.id,
        event.kind.value,
        event.category,
        event.at.isoformat(),
        event.resident,
        str(event.quantity),
        *(text or "" for text in texts),
        " ".join(past.consents),
        attributes,
        decided,
    ]
