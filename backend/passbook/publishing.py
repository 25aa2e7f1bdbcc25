"""A pack is put in force by a second person: cases that say something and pass, and a simulation of its own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from backend.kit import audit, outbox
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db, find, rows, transaction
from backend.passbook import history, locks
from backend.passbook.models import RulePack
from backend.passbook.pack_gaps import turns
from backend.passbook.pack_reading import parsed
from backend.passbook.pack_seen import stamp
from backend.passbook.packs import (
    KNOWN_TO_RULE,
    REDEEMING,
    SAME_PERSON,
    SIMULATION_NEEDED,
    STATES,
    compared_with,
    ruling_row,
)
from backend.passbook.persons import same_person
from points.errors import Category, kind

STARTS_TOO_EARLY = kind(
    "rule_pack_starts_too_early",
    Category.INVALID,
    zh="新规则包须从明天或以后开始；过去的日子只能补停用的规则包留下的空档，{day} 不在其中。",
    en="A new pack starts tomorrow or later; of days past only those that a suspended pack left without rules can be "
    "filled, and {day} is none of them.",
)
SAME_FIRST_DAY = kind(
    "rule_pack_same_first_day",
    Category.CONFLICT,
    zh="已发布的 {pack} 第 {version} 版也从 {day} 开始：请换一天，或先停用那一包。",
    en="{pack} version {version} was published from {day} too: begin on another day, or suspend that one first.",
)
VERSION_TOO_LOW = kind(
    "rule_pack_version_too_low",
    Category.CONFLICT,
    zh="{pack} 第 {known} 版已经发布过，新的一版须比它大，这里是第 {version} 版。",
    en="{pack} version {known} was published before; a new one has a higher version, and this is version {version}.",
)
CASES_NEEDED = kind(
    "rule_pack_cases_needed",
    Category.CONFLICT,
    zh="发布前须附案例文件并全部通过：现有案例 {count} 个，不符 {failed} 处。{problems}",
    en="A pack is published with a case file, all of whose cases pass: there are {count} cases, {failed} departures. "
    "{problems}",
)
CHANGED = kind(
    "rule_pack_changed_meanwhile",
    Category.CONFLICT,
    zh="您查看之后，案例或试算已更换：请重新查看，再发布。",
    en="The cases or the simulation changed since you looked: look again, then publish.",
)
RECENT = timedelta(days=31)
"""How long ago the period of a simulation may have ended; and how long it is at least."""
YEAR = timedelta(days=365)


def publish(district: str, publisher: str, identifier: str, shown: str) -> RulePack:
    """A second person puts a pack in force from its first day; the first pack of a district may start at once.

    Only what had the stamp `shown` when they looked at it. Refused: `rule_pack_changed_meanwhile`,
    `second_person_needed`, `wrong_state`, `rule_pack_cases_needed`, `rule_pack_simulation_needed`,
    `rule_pack_starts_too_early`, `rule_pack_same_first_day`, `rule_pack_version_too_low`.
    """
    with transaction():
        locks.hold(district, ["rule packs"])
        row = find(RulePack, district, identifier, lock=True)
        if same_person(district, row.author, publisher):
            raise SAME_PERSON()
        if shown != stamp(row):
            raise CHANGED()
        row.state = STATES.after(row.state, "publish")
        _check_ready(row)
        row.publisher, row.published_at = publisher, now()
        audit.record(
            district,
            publisher,
            "rules.published",
            f"rule_pack:{row.id}",
            digest=row.digest,
            valid_from=row.valid_from.isoformat(),
            cases=row.case_count,
        )
        outbox.send(district, REDEEMING, {})
    return row


def _check_ready(row: RulePack) -> None:
    """Cases green, a simulation beside what it is compared with, and days that are its own."""
    if row.case_misses or not row.case_count:
        problems = "; ".join(row.case_misses[:5])
        raise CASES_NEEDED(count=row.case_count, failed=len(row.case_misses), problems=problems)
    if row.simulation is None or not _is_tried(row, row.simulation):
        raise SIMULATION_NEEDED()
    others = rows(RulePack, row.district).where(RulePack.state.in_(KNOWN_TO_RULE), RulePack.id != row.id)
    for other in db.session.scalars(others.order_by(RulePack.version.desc())):
        if other.state == "published" and other.valid_from == row.valid_from:
            raise SAME_FIRST_DAY(pack=other.pack, version=other.version, day=other.valid_from)
        if other.pack == row.pack and other.version > row.version:
            raise VERSION_TOO_LOW(pack=row.pack, known=other.version, version=row.version)
    _check_days(row)


def _is_tried(row: RulePack, tried: dict[str, Any]) -> bool:
    """Whether this very pack was tried beside what it is compared with, on all deeds of a real and recent period."""
    beside = compared_with(row.district, parsed(row.digest, row.text), but=row.id)
    own = tried["complete"] and tried["pack"] == row.digest
    return own and tried["beside"] == (beside.digest if beside else None) and _is_real(row.district, tried)


def _is_real(district: str, tried: dict[str, Any]) -> bool:
    """No period yet to come, long past or of a few days; no deeds left out; none at all only where there are none."""
    today, tried_at = local_day(now()), datetime.fromisoformat(tried["at"])
    first, last = _day(tried["from"]), _day(tried["to"])
    ends = min(last or local_day(tried_at), today)
    if ends < today - RECENT or (first is not None and first > ends - RECENT + timedelta(days=1)):
        return False
    deeds = int(tried["deeds"])
    if deeds < history.count(district, first, last, before=tried_at):
        return False
    return deeds > 0 or history.count(district, today - YEAR, today) == 0


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _check_days(row: RulePack) -> None:
    """Days to come; of those past only such as a suspended pack left open, but for a district's first pack."""
    last = min(local_day(now()), row.valid_to or date.max)
    known = rows(RulePack, row.district).where(RulePack.state.in_(KNOWN_TO_RULE), RulePack.id != row.id)
    if row.valid_from > last or db.session.scalar(known.limit(1)) is None:
        return
    for day in turns(row.district, row.valid_from, last, but=row.id):
        ruling = ruling_row(row.district, day, but=row.id)
        if ruling is None or ruling.state != "suspended":
            raise STARTS_TOO_EARLY(day=day)
