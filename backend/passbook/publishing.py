"""A pack is put in force by a second person: cases that say something and pass, and a simulation of its own."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from backend.kit import audit, outbox
from backend.kit.clock import now
from backend.kit.days import local_day
from backend.kit.db import db, find, rows, transaction
from backend.passbook import history, locks
from backend.passbook.models import RulePack
from backend.passbook.pack_reading import parsed
from backend.passbook.packs import (
    KNOWN_TO_RULE,
    REDEEMING,
    SAME_PERSON,
    SIMULATION_NEEDED,
    STATES,
    compared_with,
    row_in_force,
)
from backend.passbook.persons import same_person
from points.errors import Category, kind

STARTS_TOO_EARLY = kind(
    "rule_pack_starts_too_early",
    Category.INVALID,
    zh="{day} 已有规则生效，新规则包须从明天或以后开始。",
    en="Rules are in force on {day} already; a new pack starts tomorrow or later.",
)
CASES_NEEDED = kind(
    "rule_pack_cases_needed",
    Category.CONFLICT,
    zh="发布前须附案例文件并全部通过：{problems}",
    en="A pack is published with a case file, all of whose cases pass: {problems}",
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


def stamp(row: RulePack) -> str:
    """What tells the cases and the simulation somebody was shown from those that took their place."""
    shown = json.dumps([row.digest, row.cases, row.simulation], sort_keys=True, default=str)
    return hashlib.sha256(shown.encode()).hexdigest()


def publish(district: str, publisher: str, identifier: str, shown: str | None = None) -> RulePack:
    """A second person puts a pack in force from its first day; the first pack of a district may start at once.

    With `shown`, only what had this stamp. Refused: `rule_pack_changed_meanwhile`, `second_person_needed`,
    `wrong_state`, `rule_pack_cases_needed`, `rule_pack_simulation_needed`, `rule_pack_starts_too_early`.
    """
    with transaction():
        locks.hold(district, ["rule packs"])
        row = find(RulePack, district, identifier, lock=True)
        if same_person(district, row.author, publisher):
            raise SAME_PERSON()
        if shown is not None and shown != stamp(row):
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
    """Cases green, a simulation beside what is in force now, and no day that is ruled already."""
    if row.case_misses or not row.case_count:
        raise CASES_NEEDED(problems="; ".join(row.case_misses[:5]) or "0")
    if row.simulation is None or not _is_tried(row, row.simulation):
        raise SIMULATION_NEEDED()
    for day in _days_to_ask(row):
        if row_in_force(row.district, day, but=row.id) is not None:
            raise STARTS_TOO_EARLY(day=day)


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


def _days_to_ask(row: RulePack) -> list[date]:
    """From its first day to today: the days on which what is in force can change."""
    today = local_day(now())
    others = db.session.scalars(rows(RulePack, row.district).where(RulePack.state.in_(KNOWN_TO_RULE)))
    days = {row.valid_from, today}
    for other in others:
        days |= {other.valid_from, *([other.valid_to + timedelta(days=1)] if other.valid_to else [])}
    return sorted(day for day in days if row.valid_from <= day <= today)
