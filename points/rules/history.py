"""Beside the decisions: past deeds as a table (CSV), the input of a trial."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TextIO, TypeVar

from points.errors import Category, Refused, kind
from points.events import DeedApproved, DeedKind
from points.rules.bounds import check_event, check_quantity, check_time, shortly
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

_MARKED = ("\ufeff" + COLUMNS[0], *COLUMNS[1:])
"""Spreadsheets begin a table in UTF-8 with a mark."""

HISTORY_UNREADABLE = kind(
    "rules_history_unreadable",
    Category.MALFORMED,
    zh="历史数据第 {line} 行读不懂：{reason_zh}",
    en="Line {line} of the history cannot be read: {reason}",
)
COLUMN_UNREADABLE = kind(
    "rules_column_unreadable",
    Category.MALFORMED,
    zh="{column} 写得不对：“{value}”。",
    en="`{column}` is not written right: `{value}`.",
)
COLUMNS_MISCOUNTED = kind(
    "rules_columns_miscounted",
    Category.MALFORMED,
    zh="有 {found} 列，应有 {wanted} 列。",
    en="It has {found} columns instead of {wanted}.",
)
T = TypeVar("T")
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
    header = _next(rows)
    if header is None or tuple(header) not in (COLUMNS, _MARKED):
        names = ",".join(COLUMNS)
        raise HISTORY_UNREADABLE(line=1, reason=f"columns must be {names}", reason_zh=f"列名须是 {names}")
    while (row := _next(rows)) is not None:
        try:
            past = _past(row, district)
        except Refused as wrong:
            said = {"reason": wrong.sentence("en"), "reason_zh": wrong.sentence("zh-CN")}
            raise HISTORY_UNREADABLE(line=rows.line_num, **said) from wrong
        yield past


def _next(rows: Any) -> list[str] | None:
    """The next row of a table, None at its end; refused for what is no text or no table."""
    try:
        found: list[str] | None = next(rows, None)
    except (csv.Error, UnicodeDecodeError) as wrong:
        said = {"reason": f"save it as CSV in UTF-8 ({wrong})", "reason_zh": f"请另存为 UTF-8 的 CSV（{wrong}）"}
        raise HISTORY_UNREADABLE(line=rows.line_num + 1, **said) from wrong
    return found


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
        raise COLUMNS_MISCOUNTED(found=len(row), wanted=len(COLUMNS))
    identifier, kind_, category, at, resident, quantity, street, activity, team = row[:9]
    household, place, about, age_band, consents, attributes, decided = row[9:]
    when = _read("at", at, _time)
    event = DeedApproved(
        identifier,
        _read("kind", kind_, _KINDS.__getitem__),
        category,
        when,
        resident,
        district,
        _read("quantity", quantity, _number),
        street or None,
        activity or None,
        team or None,
        household or None,
        place or None,
        about or None,
        _read("attributes", attributes, _mapping) if attributes else {},
    )
    check_event(event)
    if age_band and age_band not in AGE_BANDS:
        raise COLUMN_UNREADABLE(column="age_band", value=shortly(age_band))
    decided_at = _read("decided_at", decided, _time) if decided else when
    return Past(event, decided_at, age_band or None, tuple(consents.split()) if consents else ())


def _read(column: str, text: str, how: Callable[[str], T]) -> T:
    try:
        return how(text)
    except (ValueError, LookupError, ArithmeticError, RecursionError) as wrong:
        raise COLUMN_UNREADABLE(column=column, value=shortly(text)) from wrong


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    check_time(at)
    return at


def _number(text: str) -> Decimal:
    number = Decimal(text)
    check_quantity(number)
    return number


def _mapping(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("attributes are names with values")  # noqa: TRY004 - callers catch one error
    return found


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
