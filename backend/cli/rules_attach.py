"""`civic rules simulate --attach`: the result is put beside the pack that was handed in, for who publishes it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from backend.cli.named import actor
from backend.cli.place import service
from backend.kit.auth.permissions import PERMISSIONS
from backend.kit.clock import now
from backend.kit.db import db, rows
from backend.passbook import history, packs
from backend.passbook.models import RulePack
from backend.staff.models import StaffMember
from points.errors import Category, kind
from points.rules import Pack
from points.rules.trial import Trial

NOT_SUBMITTED = kind(
    "rule_pack_not_submitted",
    Category.NOT_FOUND,
    zh="这个规则包还没有提交，或提交后改过：请先提交，再附试算。",
    en="This pack was not handed in, or was changed since: hand it in first, then attach.",
)
NO_AUTHOR = kind(
    "rules_author_unknown",
    Category.FORBIDDEN,
    zh="{name} 不是本区可以提交规则包的工作人员。",
    en="{name} is no member of staff who may hand in rule packs here.",
)


def check(attach: bool, by: str | None, against: str, beside: Path | None) -> None:
    """A usage error where a result could not be attached: before anything is worked out."""
    if attach and not (by or "").strip():
        raise click.UsageError("--attach 须写明姓名 --as NAME / --attach needs --as NAME")
    if attach and (against != "history" or beside is not None):
        raise click.UsageError("只能附上账上真实行为与现行规则的对照 / only the real deeds beside the pack in force")


def check_submitted(data: str | None, pack: Pack, by: str) -> datetime:
    """When the long work begins; refused with `rule_pack_not_submitted` or `rules_author_unknown` before it does."""
    with service(data):
        _who(_row(pack), by)
        return now()


def attach(
    data: str | None,
    pack: Pack,
    by: str,
    trials: tuple[Trial, Trial | None],
    *,
    days: tuple[date | None, date | None],
    began: datetime,
) -> RulePack:
    """Keep the result with the pack, and who brought it in the audit log."""
    new, old = trials
    with service(data):
        row = _row(pack)
        simulation = history.summary(new, old, row.text, days, began=began, complete=True)
        return packs.attach_simulation(pack.district, _who(row, by), row.id, simulation)


def _row(pack: Pack) -> RulePack:
    row = db.session.scalar(rows(RulePack, pack.district).where(RulePack.digest == pack.digest))
    if row is None:
        raise NOT_SUBMITTED()
    return row


def _who(row: RulePack, by: str) -> str:
    """A member of staff who may hand packs in, or whoever handed this one in at the command line."""
    if row.author == actor(by):
        return row.author
    member = db.session.scalar(rows(StaffMember, row.district).where(StaffMember.name == by))
    if member is None or member.closed or not PERMISSIONS["rules.submit"] & set(member.roles):
        raise NO_AUTHOR(name=by)
    return f"staff:{member.id}"
