"""`civic rules suspend`: one person asks to stop a wrong pack, another confirms; its deeds wait for the next."""

from __future__ import annotations

import click

from backend.cli import place
from backend.cli.acting import acting
from backend.cli.rules_shown import confirmed
from backend.kit.db import db, rows
from backend.passbook import suspending
from backend.passbook.models import RulePack
from backend.passbook.persons import same_person
from backend.wiring import district_of
from points.errors import Category, kind

LEAST = 6
NOT_PUBLISHED = kind(
    "rule_pack_not_published",
    Category.NOT_FOUND,
    zh="没有摘要以 {digest} 开头的已发布规则包，或不止一个（至少写 {least} 位）。",
    en="No published pack, or more than one, has a digest that begins with {digest} (give {least} characters or more).",
)


def run(digest: str, by: str, reason: str | None, district: str | None, data: str | None, *, yes: bool) -> None:
    """Ask with a reason, or confirm what another asked; says which."""
    with place.service(data):
        wanted = district_of(district)
        name = acting(wanted, by, "rules.suspend")
        row = _published(wanted, digest)
        asked = row.suspension_asked_by
        if asked is None or same_person(wanted, asked, name):
            if not (reason or "").strip():
                raise click.UsageError("请写明理由 --reason / a reason is needed: --reason TEXT")
            row = suspending.ask(wanted, name, row.id, str(reason).strip()[:500])
            click.echo(f"{row.pack} {row.version}：已申请停用，等另一人确认 / asked; another person confirms")
            return
        identifier = row.id
        click.echo(f"{row.pack} {row.version}（{row.digest[:12]}），理由 / reason：{row.suspension_reason}")
        confirmed("停用这一包吗？ / Suspend this pack?", yes)
        row = suspending.confirm(wanted, name, identifier)
        click.echo(f"{row.pack} {row.version}：已停用，其行为等下一包 / suspended; its deeds wait for the next pack")


def _published(district: str, digest: str) -> RulePack:
    found = db.session.scalars(rows(RulePack, district).where(RulePack.state == "published"))
    rows_of_it = [row for row in found if len(digest) >= LEAST and row.digest.startswith(digest)]
    if len(rows_of_it) != 1:
        raise NOT_PUBLISHED(digest=digest[:64], least=LEAST)
    return rows_of_it[0]
