"""Staff make groups of photo reporters; whoever is in one holds the role of a reporter from the next request on."""

from __future__ import annotations

from sqlalchemy import func, select

from backend.kit import audit
from backend.kit.auth import Caller, Role, role_holder
from backend.kit.clock import fresh_id, now
from backend.kit.db import db, find, rows, transaction
from backend.kit.http import Page, page_of
from backend.places.service import street_of
from backend.residents.models import Resident
from backend.tickets.models import GroupMember, ReporterGroup
from points.errors import Category, kind
from points.ids import is_id

GROUP_NAME_TAKEN = kind(
    "reporter_group_name_taken",
    Category.CONFLICT,
    zh="已有同名的拍客小组。",
    en="There is a group of that name already.",
)
RESIDENT_UNKNOWN = kind(
    "resident_unknown", Category.INVALID, zh="本区没有这位居民。", en="The district has no such resident."
)
MEMBER_ALREADY = kind(
    "reporter_group_member_already",
    Category.CONFLICT,
    zh="这位居民已在小组里。",
    en="This resident is in the group already.",
)


def make_group(caller: Caller, name: str, street: str | None) -> ReporterGroup:
    """A new, empty group; its name is used once in the district."""
    with transaction() as session:
        if session.scalar(rows(ReporterGroup, caller.district).where(ReporterGroup.name == name)):
            raise GROUP_NAME_TAKEN()
        group = ReporterGroup(
            district=caller.district,
            id=fresh_id(),
            name=name,
            street=street_of(caller.district, street).code if street else None,
            created_at=now(),
        )
        session.add(group)
        audit.record(caller.district, caller.name, "reporter_group.made", f"reporter_group:{group.id}")
    return group


def groups(caller: Caller, cursor: str | None, limit: int) -> Page:
    """The district's groups, newest first."""
    return page_of(rows(ReporterGroup, caller.district), ReporterGroup, cursor, limit)


def group(caller: Caller, identifier: str) -> ReporterGroup:
    return find(ReporterGroup, caller.district, identifier)


def members(caller: Caller, identifier: str, cursor: str | None, limit: int) -> Page:
    """Who is in a group now, newest first."""
    found = find(ReporterGroup, caller.district, identifier)
    query = rows(GroupMember, caller.district).where(GroupMember.group == found.id, GroupMember.left_at.is_(None))
    return page_of(query, GroupMember, cursor, limit)


def add_member(caller: Caller, identifier: str, resident: str) -> GroupMember:
    """Put a resident into a group."""
    with transaction() as session:
        found = find(ReporterGroup, caller.district, identifier, lock=True)
        if session.get(Resident, (caller.district, resident)) is None:
            raise RESIDENT_UNKNOWN()
        if _membership(caller.district, found.id, resident):
            raise MEMBER_ALREADY()
        member = GroupMember(
            district=caller.district, id=fresh_id(), group=found.id, resident=resident, joined_at=now()
        )
        session.add(member)
        audit.record(
            caller.district,
            caller.name,
            "reporter_group.joined",
            f"reporter_group:{found.id}",
            resident=resident,
        )
    return member


def remove_member(caller: Caller, identifier: str, resident: str) -> None:
    """Take a resident out of a group; what they reported stays theirs."""
    with transaction():
        found = find(ReporterGroup, caller.district, identifier, lock=True)
        member = _membership(caller.district, found.id, resident) if is_id(resident) else None
        if member is None:
            raise RESIDENT_UNKNOWN()
        member.left_at = now()
        audit.record(
            caller.district, caller.name, "reporter_group.left", f"reporter_group:{found.id}", resident=resident
        )


@role_holder(Role.REPORTER)
def is_reporter(district: str, resident: str) -> bool:
    """Whether a resident is in any group of the district now."""
    query = select(func.count()).select_from(GroupMember)
    query = query.where(
        GroupMember.district == district, GroupMember.resident == resident, GroupMember.left_at.is_(None)
    )
    return bool(db.session.scalar(query))


def _membership(district: str, group_id: str, resident: str) -> GroupMember | None:
    query = rows(GroupMember, district)
    return db.session.scalar(
        query.where(GroupMember.group == group_id, GroupMember.resident == resident, GroupMember.left_at.is_(None))
    )
