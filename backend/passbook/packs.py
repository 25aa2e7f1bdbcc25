"""Which rules are in force: packs are submitted by one person, published by another, and never edited."""

from __future__ import annotations

from datetime import date
from typing import Any

from backend.kit import audit
from backend.kit.clock import fresh_id, now
from backend.kit.days import local_day, zone
from backend.kit.db import db, find, rows, transaction
from backend.kit.states import States
from backend.passbook import accounts
from backend.passbook.models import RulePack
from backend.passbook.pack_reading import PACK_INVALID, CasesRun, parsed, read_pack, run, told
from backend.passbook.pack_zone import zone_problem
from backend.passbook.persons import same_person
from points.errors import Category, kind
from points.rules import Pack

PACK_KNOWN = kind(
    "rule_pack_known",
    Category.CONFLICT,
    zh="这个规则包（或同一版本）已提交过：内容改了的，请写更大的 version，或先撤回还没有发布的那一包。",
    en="This pack, or this version of it, was submitted before: a changed one needs a higher `version`, or the one "
    "before is taken back, if it was not published.",
)
NOT_YOURS = kind(
    "rule_pack_not_yours",
    Category.FORBIDDEN,
    zh="只有提交规则包的人可以撤回它。",
    en="Only who handed a pack in takes it back.",
)
SAME_PERSON = kind(
    "second_person_needed",
    Category.FORBIDDEN,
    zh="需要另一人：提出的人不能自己确认。",
    en="It takes a second person: who asked cannot confirm.",
)
OTHER_DISTRICT = kind(
    "rule_pack_other_district",
    Category.INVALID,
    zh="规则包属于区划 {district}。",
    en="The rule pack belongs to district {district}.",
)
FUND_UNKNOWN = kind(
    "rule_pack_fund_unknown",
    Category.INVALID,
    zh="规则包里写的资金池没有：{funds}。本区的资金池：{known}。",
    en="The rule pack names funds that are not there: {funds}. The district's funds are: {known}.",
)
SIMULATION_NEEDED = kind(
    "rule_pack_simulation_needed",
    Category.CONFLICT,
    zh="发布前须附这一包自己的试算：与现行规则对照，截至最近 31 天内，不少于一个月，算全其间的行为"
    "（一年内没有行为的除外）；行为多时请用 civic rules simulate --attach。",
    en="A pack is published with a simulation of its own: beside the pack in force, of all deeds of a month or more "
    "that ended within the last 31 days (none only where there were none for a year); where there are many deeds, by "
    "`civic rules simulate --attach`.",
)
STATES: States[str] = States(
    {
        "simulate": (frozenset({"submitted"}), "submitted"),
        "withdraw": (frozenset({"submitted"}), "withdrawn"),
        "publish": (frozenset({"submitted"}), "published"),
        "ask_to_suspend": (frozenset({"published"}), "published"),
        "suspend": (frozenset({"published"}), "suspended"),
    }
)
REDEEMING = "rules.redeeming"
"""The outbox is told by this when what is in force changes, for whoever keeps the pack's word on redeeming."""
KNOWN_TO_RULE = ("published", "suspended")
LANGUAGES = ("zh-CN", "en")


def submit(
    district: str,
    author: str,
    text: str,
    cases: str | None = None,
    simulation: dict[str, Any] | None = None,
    *,
    file: str | None = None,
) -> RulePack:
    """An author hands in a pack with its cases; it is checked whole, its cases are run, and both are kept.

    The same pack again by its author, with other cases, puts these and the simulation in the place of the first ones.
    `file` is the name of the pack's file, where it is known: the cases must name it.

    Refused: `rule_pack_invalid`, `rule_pack_cases_invalid`, `rule_pack_other_district`, `rule_pack_fund_unknown`,
    `rule_pack_known`.
    """
    pack = read_pack(text)
    if pack.district != district:
        raise OTHER_DISTRICT(district=pack.district)
    if other_zone := zone_problem(pack, text, zone().key):
        raise PACK_INVALID(problems=told([other_zone]))
    if unknown := accounts.unknown_funds(pack):
        raise FUND_UNKNOWN(funds=", ".join(unknown), known=", ".join(accounts.titles()))
    came = run(pack, cases, file)
    with transaction() as session:
        known = session.scalar(rows(RulePack, district).where(RulePack.digest == pack.digest).with_for_update())
        if known is not None:
            return _with_other_cases(known, author, cases, came, simulation)
        if session.scalar(rows(RulePack, district).where(RulePack.pack == pack.id, RulePack.version == pack.version)):
            raise PACK_KNOWN()
        row = RulePack(
            district=district,
            id=fresh_id(),
            pack=pack.id,
            version=pack.version,
            digest=pack.digest,
            text=text,
            valid_from=pack.valid_from,
            valid_to=pack.valid_to,
            state="submitted",
            author=author,
            submitted_at=now(),
            cases=cases,
            case_count=came.count,
            case_misses=list(came.misses),
            simulation=simulation,
        )
        session.add(row)
        audit.record(district, author, "rules.submitted", f"rule_pack:{row.id}", digest=pack.digest)
    return row


def _with_other_cases(
    row: RulePack, author: str, cases: str | None, came: CasesRun, simulation: dict[str, Any] | None
) -> RulePack:
    """Only the author's, only before it is published, and only where they are other cases."""
    other = cases is not None and cases != row.cases
    if not other or row.state != "submitted" or not same_person(row.district, row.author, author):
        raise PACK_KNOWN()
    row.cases, row.case_count, row.case_misses = cases, came.count, list(came.misses)
    row.simulation = simulation or row.simulation
    subject = f"rule_pack:{row.id}"
    audit.record(row.district, author, "rules.cases_mended", subject, digest=row.digest, cases=came.count)
    return row


def withdraw(district: str, author: str, identifier: str) -> None:
    """Its author takes back a pack that was not published; it never ruled, so only the audit log goes on naming it.

    Refused: `rule_pack_not_yours`, `wrong_state`.
    """
    with transaction() as session:
        row = find(RulePack, district, identifier, lock=True)
        if not same_person(district, row.author, author):
            raise NOT_YOURS()
        STATES.after(row.state, "withdraw")
        audit.record(district, author, "rules.withdrawn", f"rule_pack:{row.id}", digest=row.digest)
        session.delete(row)


def in_force(district: str, day: date) -> Pack | None:
    """The pack that decides deeds of a day: of those published that cover it, the one that starts last.

    None when there is none, and when that one is suspended: its deeds wait for the next pack.
    """
    row = row_in_force(district, day)
    return None if row is None else parsed(row.digest, row.text)


def row_in_force(district: str, day: date, but: str = "") -> RulePack | None:
    """The same, as its row; `but` leaves one pack out."""
    found = ruling_row(district, day, but)
    return found if found is not None and found.state == "published" else None


def ruling_row(district: str, day: date, but: str = "") -> RulePack | None:
    """The row of the pack whose day it is, suspended or not."""
    query = rows(RulePack, district).where(
        RulePack.state.in_(KNOWN_TO_RULE),
        RulePack.id != but,
        RulePack.valid_from <= day,
        RulePack.valid_to.is_(None) | (RulePack.valid_to >= day),
    )
    last_first = (RulePack.valid_from.desc(), RulePack.published_at.desc(), RulePack.state, RulePack.id.desc())
    return db.session.scalar(query.order_by(*last_first).limit(1))


def compared_with(district: str, pack: Pack, but: str = "") -> RulePack | None:
    """What a new pack is compared with, in words and in figures: what rules without it on its first day.

    That is today where its first day is past. `but` is its own row, where it has one.
    """
    today = local_day(now())
    if not but and pack.valid_from > today:
        own = db.session.scalar(rows(RulePack, district).where(RulePack.digest == pack.digest))
        but = own.id if own is not None else ""
    return row_in_force(district, max(today, pack.valid_from), but=but)


def by_digest(district: str, digest: str) -> Pack:
    """The pack a stored decision names."""
    row = db.session.scalars(rows(RulePack, district).where(RulePack.digest == digest)).one()
    return parsed(row.digest, row.text)


def attach_simulation(district: str, staff: str, identifier: str, simulation: dict[str, Any]) -> RulePack:
    """Put a newer or longer simulation in the place of the one a pack has; only before it is published.

    Refused: `wrong_state`; `rule_pack_simulation_needed` when it is another pack's.
    """
    with transaction():
        row = find(RulePack, district, identifier, lock=True)
        if simulation["pack"] != row.digest:
            raise SIMULATION_NEEDED()
        row.state = STATES.after(row.state, "simulate")
        row.simulation = simulation
        audit.record(
            district,
            staff,
            "rules.simulated",
            f"rule_pack:{row.id}",
            digest=row.digest,
            first=simulation["from"],
            last=simulation["to"],
            deeds=int(simulation["deeds"]),
        )
    return row


def categories(district: str, kind: str, on: date) -> tuple[str, ...]:
    """The categories of a kind of deed that the pack of a day knows; none while no pack is in force."""
    pack = in_force(district, on)
    rules = pack.rules if pack else ()
    return tuple(sorted({name for r in rules if r.kinds is None or kind in r.kinds for name in r.categories or ()}))
