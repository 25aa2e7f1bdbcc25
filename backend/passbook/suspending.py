"""A wrong pack is stopped at once by two people; the deeds of its days wait for the next pack."""

from __future__ import annotations

from backend.kit import audit, outbox
from backend.kit.clock import now
from backend.kit.db import find, transaction
from backend.passbook import locks
from backend.passbook.models import RulePack
from backend.passbook.packs import REDEEMING, SAME_PERSON, STATES
from backend.passbook.persons import same_person
from points.errors import Category, kind

NOT_ASKED = kind(
    "suspension_not_asked",
    Category.CONFLICT,
    zh="还没有人提出停用这个规则包。",
    en="Nobody has asked to suspend this pack yet.",
)


def ask(district: str, staff: str, identifier: str, reason: str) -> RulePack:
    """One person asks to suspend a published pack; it stays in force until another confirms."""
    with transaction():
        row = find(RulePack, district, identifier, lock=True)
        row.state = STATES.after(row.state, "ask_to_suspend")
        row.suspension_reason, row.suspension_asked_by, row.suspension_asked_at = reason, staff, now()
        audit.record(district, staff, "rules.suspension_asked", f"rule_pack:{row.id}", digest=row.digest)
    return row


def confirm(district: str, staff: str, identifier: str) -> RulePack:
    """Another person confirms: from now on nothing is decided by it. Undo is a new pack.

    Refused: `suspension_not_asked`, `second_person_needed`, `wrong_state`.
    """
    with transaction():
        locks.hold(district, ["rule packs"])
        row = find(RulePack, district, identifier, lock=True)
        if row.suspension_asked_by is None:
            raise NOT_ASKED()
        if same_person(district, row.suspension_asked_by, staff):
            raise SAME_PERSON()
        row.state = STATES.after(row.state, "suspend")
        row.suspended_by, row.suspended_at = staff, now()
        audit.record(district, staff, "rules.suspended", f"rule_pack:{row.id}", digest=row.digest)
        outbox.send(district, REDEEMING, {})
    return row
