"""`civic rules simulate --attach`: the result is put beside the pack that was handed in, for who publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import click

from backend.cli.acting import acting
from backend.cli.place import service
from backend.kit.clock import now
from backend.kit.db import db, rows
from backend.passbook import history, packs
from backend.passbook.models import RulePack
from points.errors import Category, kind
from points.rules import Pack
from points.rules.trial import Trial

NOT_SUBMITTED = kind(
    "rule_pack_not_submitted",
    Category.NOT_FOUND,
    zh="这个规则包还没有提交，或提交后改过：请先用 civic rules publish 提交。",
    en="This pack was not handed in, or was changed since: hand it in first, by `civic rules publish`.",
)


def check(attach: bool, by: str | None, against: str, beside: Path | None) -> None:
    """A usage error where a result could not be attached: before anything is worked out."""
    if attach and not (by or "").strip():
        raise click.UsageError("--attach 须写明姓名 --as NAME / --attach needs --as NAME")
    if attach and (against != "history" or beside is not None):
        raise click.UsageError("只能附上账上真实行为与现行规则的对照 / only the real deeds beside the pack in force")


@dataclass(frozen=True, slots=True)
class Began:
    """Who brings a simulation, and when its deeds were begun to be read."""

    by: str
    at: datetime


def begin(data: str | None, pack: Pack, by: str) -> Began:
    """Before the long work; refused with `rule_pack_not_submitted`, or as `acting` refuses."""
    with service(data):
        handed_in(pack)
        return Began(acting(pack.district, by, "rules.submit"), now())


def attach(
    data: str | None,
    pack: Pack,
    began: Began,
    trials: tuple[Trial, Trial | None],
    days: tuple[date | None, date | None],
) -> RulePack:
    """Keep the result with the pack, and who brought it in the audit log."""
    new, old = trials
    with service(data):
        row = handed_in(pack)
        simulation = history.summary(new, old, row.text, days, began=began.at, complete=True)
        return packs.attach_simulation(pack.district, began.by, row.id, simulation)


def handed_in(pack: Pack) -> RulePack:
    """The row of a pack that was handed in; refused with `rule_pack_not_submitted` where there is none."""
    row = row_of(pack)
    if row is None:
        raise NOT_SUBMITTED()
    return row


def row_of(pack: Pack) -> RulePack | None:
    """The row of a pack, if it was handed in."""
    return db.session.scalar(rows(RulePack, pack.district).where(RulePack.digest == pack.digest))


def of_version(pack: Pack) -> RulePack | None:
    """The row of that version of a pack, also where its file was changed since it was handed in."""
    query = rows(RulePack, pack.district).where(RulePack.pack == pack.id, RulePack.version == pack.version)
    return db.session.scalar(query)


def waiting_version(pack: Pack) -> RulePack:
    """The same; refused with `rule_pack_not_submitted` where there is none, or what was published says otherwise."""
    found = of_version(pack)
    if found is None or (found.digest != pack.digest and found.state != "submitted"):
        raise NOT_SUBMITTED()
    return found
