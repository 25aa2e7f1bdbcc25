"""Before a next pack is published: the days that a suspended one left without rules, and the deeds that wait for them.

A pack begins on a day to come; only such days may be filled afterwards, by a pack whose two people see it said.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from backend.kit.clock import now
from backend.kit.days import local_day, zone
from backend.kit.db import db, rows
from backend.passbook.models import Earning, RulePack
from backend.passbook.packs import KNOWN_TO_RULE, ruling_row
from points.rules import Text

Span = tuple[date, date]
DAY = timedelta(days=1)


def turns(district: str, first: date, last: date, but: str = "") -> list[date]:
    """The days of a span (both included) on which what rules can change, its first day too."""
    query = rows(RulePack, district).where(RulePack.state.in_(KNOWN_TO_RULE), RulePack.id != but)
    days = {first}
    for other in db.session.scalars(query):
        days |= {other.valid_from, *([other.valid_to + DAY] if other.valid_to else [])}
    return sorted(day for day in days if first <= day <= last)


def left_open(district: str, last: date, but: str = "") -> list[Span]:
    """The spans up to that day whose rules were suspended and not replaced."""
    query = rows(RulePack, district).where(RulePack.state == "suspended", RulePack.id != but)
    first = db.session.scalar(query.with_only_columns(func.min(RulePack.valid_from)).order_by(None))
    if first is None:
        return []
    found: list[Span] = []
    days = turns(district, first, last, but)
    for day, after in zip(days, [*days[1:], last + DAY], strict=True):
        row = ruling_row(district, day, but)
        if row is None or row.state != "suspended":
            continue
        joined = bool(found) and found[-1][1] + DAY == day
        found[-1:] = [(found[-1][0], after - DAY)] if joined else [*found[-1:], (day, after - DAY)]
    return found


def said_of(row: RulePack) -> list[Text]:
    """What a pack that was handed in means for such days, for its second person."""
    today = local_day(now())
    spans = left_open(row.district, max(today, row.valid_from), but=row.id)
    last = row.valid_to or date.max
    filled = [(max(a, row.valid_from), min(b, last)) for a, b in spans if a <= last and row.valid_from <= b]
    open_still = [(a, min(b, row.valid_from - DAY)) for a, b in spans if a < row.valid_from]
    texts = [_filled(row, span) for span in filled if span[0] <= today]
    return texts + [_open(row, span) for span in open_still]


def _filled(row: RulePack, span: Span) -> Text:
    first, last = span
    count = _waiting(row.district, span)
    return Text(
        f"这一包补上停用的规则包留下的 {first} 至 {last}：在等规则的 {count} 件行为按它计分。",
        f"This pack fills {first} to {last}, which a suspended pack left without rules: {count} waiting deeds "
        "are decided by it.",
    )


def _open(row: RulePack, span: Span) -> Text:
    first, last = span
    count = _waiting(row.district, span)
    return Text(
        f"停用的规则包留下 {first} 至 {last} 没有规则，这一包从 {row.valid_from} 起，管不到那些天：{count} 件行为在等，"
        f"迟审的也会等。请把生效日提前到 {first}，或再发一包，valid 写 from: {first}、to: {last}。",
        f"A suspended pack left {first} to {last} without rules, and this one begins on {row.valid_from}: "
        f"{count} deeds of those days wait, and later reviews will. Begin on {first}, or publish another pack, "
        f"valid from {first} to {last}.",
    )


def _waiting(district: str, span: Span) -> int:
    first, last = (datetime.combine(day, time(), zone()) for day in (span[0], span[1] + DAY))
    waits = (Earning.district == district, Earning.decision.is_(None), Earning.undone.is_(False))
    query = select(func.count()).select_from(Earning).where(*waits, Earning.at >= first, Earning.at < last)
    return int(db.session.scalar(query) or 0)
