"""Which rules are in force: packs are submitted by one person, published by another, and never edited."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from backend.kit import audit
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.kit.states import States
from backend.passbook.models import RulePack
from backend.wiring import settings
from points.errors import Category, kind
from points.rules import Pack, PackInvalid, load_pack

PACK_INVALID = kind(
    "rule_pack_invalid",
    Category.INVALID,
    zh="规则包有误:{problems}",
    en="The rule pack has problems: {problems}",
)
PACK_KNOWN = kind(
    "rule_pack_known",
    Category.CONFLICT,
    zh="这个规则包(或同一版本)已提交过。",
    en="This pack, or this version of it, was submitted before.",
)
SAME_PERSON = kind(
    "second_person_needed",
    Category.FORBIDDEN,
    zh="起草人不能自己发布,需要另一人。",
    en="The author cannot publish; it takes a second person.",
)
OTHER_DISTRICT = kind(
    "rule_pack_other_district",
    Category.INVALID,
    zh="规则包属于区划 {district}。",
    en="The rule pack belongs to district {district}.",
)
STARTS_TOO_EARLY = kind(
    "rule_pack_starts_too_early",
    Category.INVALID,
    zh="已有规则生效,新规则包须从明天或以后开始。",
    en="Rules are in force already; a new pack starts tomorrow or later.",
)
STATES: States[str] = States(
    {
        "publish": (frozenset({"submitted"}), "published"),
        "suspend": (frozenset({"published"}), "suspended"),
    }
)


def submit(district: str, author: str, text: str) -> RulePack:
    """An author hands in a pack; it is checked whole before it is kept."""
    pack = _read(text)
    if pack.district != district:
        raise OTHER_DISTRICT(district=pack.district)
    with transaction() as session:
        same = rows(RulePack, district).where(RulePack.pack == pack.id, RulePack.version == pack.version)
        if session.scalar(same) or session.scalar(rows(RulePack, district).where(RulePack.digest == pack.digest)):
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
        )
        session.add(row)
        audit.record(district, author, "rules.submitted", f"rule_pack:{row.id}", digest=pack.digest)
    return row


def publish(district: str, publisher: str, identifier: str) -> RulePack:
    """A second person puts a pack in force from its first day; the first pack of a district may start at once."""
    with transaction() as session:
        row = find(RulePack, district, identifier, lock=True)
        if row.author == publisher:
            raise SAME_PERSON()
        row.state = STATES.after(row.state, "publish")
        earlier = session.scalar(rows(RulePack, district).where(RulePack.state == "published", RulePack.id != row.id))
        if earlier is not None and row.valid_from <= local_day(now()):
            raise STARTS_TOO_EARLY()
        row.publisher, row.published_at = publisher, now()
        audit.record(district, publisher, "rules.published", f"rule_pack:{row.id}", digest=row.digest)
    return row


def in_force(district: str, day: date) -> Pack | None:
    """The pack that decides deeds of a day: of those published that cover it, the one that starts last."""
    query = (
        rows(RulePack, district)
        .where(RulePack.state == "published", RulePack.valid_from <= day)
        .order_by(RulePack.valid_from.desc(), RulePack.published_at.desc(), RulePack.id.desc())
    )
    for row in db.session.scalars(query):
        if row.valid_to is None or day <= row.valid_to:
            return _parsed(row.digest, row.text)
    return None


def by_digest(district: str, digest: str) -> Pack:
    """The pack a stored decision names."""
    row = db.session.scalars(rows(RulePack, district).where(RulePack.digest == digest)).one()
    return _parsed(row.digest, row.text)


def categories(district: str, kind: str, on: date) -> tuple[str, ...]:
    """The categories of a kind of deed that the pack of a day knows; none while no pack is in force."""
    pack = in_force(district, on)
    rules = pack.rules if pack else ()
    return tuple(sorted({name for r in rules if r.kinds is None or kind in r.kinds for name in r.categories or ()}))


def local_day(at: datetime) -> date:
    """The day of a time where the district is."""
    return at.astimezone(ZoneInfo(settings().service.timezone)).date()


def _read(text: str) -> Pack:
    try:
        return load_pack(text, name="pack.yaml")
    except PackInvalid as invalid:
        lines = "; ".join(f"{p.line}: {p.code} {p.zh} {p.en}" for p in invalid.problems[:20])
        raise PACK_INVALID(problems=lines) from invalid


@lru_cache(maxsize=64)
def _parsed(digest: str, text: str) -> Pack:
    return load_pack(text, name=f"{digest[:12]}.yaml")
