"""Before a rule pack is decided on, or entries are given up, at the command line: who does it, and that it is them."""

from __future__ import annotations

import click

from backend.kit import audit
from backend.kit.auth.permissions import PERMISSIONS, ROLE_NAMES, holders
from backend.kit.db import db, rows, transaction
from backend.staff.models import StaffMember
from backend.staff.service import prove
from backend.wiring import settings
from points.errors import Category, kind
from points.ledger.refusals import BAD_STAFF

MAY_NOT = kind(
    "staff_may_not",
    Category.FORBIDDEN,
    zh="{name} 不是本区可以办理此事的在职工作人员（须是{who}）。",
    en="{name} is no open member of staff who may do this here ({roles} may).",
)


def actor_named(district: str, by: str) -> str | None:
    """`staff:<id>` of an open account, or None; nothing is proved by it yet."""
    member = _open(district, by)
    return None if member is None else f"staff:{member.id}"


def acting(district: str, by: str, permission: str) -> str:
    """`staff:<id>` of an open account that has the permission, once its holder gave its password and one-time code.

    Where the operator set `service.console_trusts_names` nobody is asked, and the audit log says so.
    Refused: `staff_may_not`, `sign_in_failed`, `sign_in_locked`.
    """
    member = _open(district, by)
    if member is None or not PERMISSIONS[permission] & set(member.roles):
        who = holders(permission)
        raise MAY_NOT(name=by, who="、".join(ROLE_NAMES[role] for role in who), roles=", ".join(who))
    name = f"staff:{member.id}"
    db.session.rollback()  # nothing stays open while somebody types
    if settings().service.console_trusts_names:
        with transaction():
            audit.record(district, name, "console.name_trusted", name, permission=permission)
        return name
    password = click.prompt(f"{by} 的密码 / password", hide_input=True, err=True)
    code = click.prompt("一次性验证码 / one-time code", hide_input=True, err=True)
    prove(by, password, code, district)
    return name


def both(district: str, names: tuple[str, ...], permission: str) -> None:
    """Two people, each proved as by `acting`. Refused: `bad_staff` when they are not two, and what `acting` refuses."""
    if len(names) != 2 or len(set(names)) != 2:
        raise BAD_STAFF()
    for name in names:
        acting(district, name, permission)


def _open(district: str, by: str) -> StaffMember | None:
    member = db.session.scalar(rows(StaffMember, district).where(StaffMember.name == by))
    return None if member is None or member.closed else member
