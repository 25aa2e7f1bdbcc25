"""`civic rules publish`: one person hands a pack in, with its cases and a simulation; another puts it in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from backend.cli import place
from backend.cli.acting import acting, actor_named
from backend.cli.kept_file import Kept, kept
from backend.cli.rules_attach import of_version, row_of, waiting_version
from backend.cli.rules_check import refuse_errors
from backend.cli.rules_history import exported
from backend.cli.rules_shown import confirmed, show_difference, show_simulation
from backend.cli.rules_simulate import period_of, tried
from backend.kit.clock import now
from backend.kit.db import db
from backend.passbook import history, pack_seen, packs, publishing
from backend.passbook.models import RulePack
from backend.passbook.persons import same_person
from points.rules.simulate import Job

Days = tuple[date | None, date | None]


def run(file: Path, by: str, data: str | None, first: str | None, last: str | None, *, yes: bool = False) -> None:
    """Submit the pack, or try it anew as its author, or publish it as the second person; says which."""
    days = period_of(first, last)
    with kept(file) as here, place.service(data):
        row, who = row_of(here.pack), actor_named(here.pack.district, by)
        if row is None or (who is not None and same_person(row.district, row.author, who)):
            _hand_in(here, acting(here.pack.district, by, "rules.submit"), days)
        else:
            identifier = row.id
            _publish(here.pack.district, acting(here.pack.district, by, "rules.publish"), identifier, yes)


def withdraw(file: Path, by: str, data: str | None) -> None:
    """Its author takes back a pack nobody published, also when its file was changed since.

    Refused with `rule_pack_not_submitted` where there is none.
    """
    with kept(file) as here, place.service(data):
        name = acting(here.pack.district, by, "rules.submit")
        packs.withdraw(here.pack.district, name, waiting_version(here.pack).id)
        click.echo(f"{here.pack.id} {here.pack.version}：已撤回 / taken back")


def _hand_in(here: Kept, author: str, days: Days) -> None:
    """For the first time with its cases; again with others, if there are others; always tried anew."""
    refuse_errors(here)
    known = of_version(here.pack)
    if known is not None and known.digest != here.pack.digest:
        raise packs.PACK_KNOWN()
    simulation = _simulated(here, days)
    row = row_of(here.pack)
    if row is None or (here.cases is not None and here.cases != row.cases):
        row = packs.submit(here.pack.district, author, here.text, here.cases, simulation, file=here.file.name)
    else:
        row = packs.attach_simulation(here.pack.district, author, row.id, simulation)
    _tell(row, "已提交，等另一人发布 / handed in; another person publishes it")
    _tell_misses(row)


def _publish(district: str, publisher: str, identifier: str, yes: bool) -> None:
    """First everything a second person looks at, then the question, then the deed."""
    seen = pack_seen.see(district, identifier)
    show_difference(seen.diff["zh-CN"], seen.diff["en"], beside=seen.beside is not None)
    _tell(seen.row, f"自 {seen.row.valid_from} 起生效 / would be in force from {seen.row.valid_from}")
    _tell_misses(seen.row)
    show_simulation(seen.row.simulation)
    confirmed("发布这一包吗？ / Publish this pack?", yes)
    row = publishing.publish(district, publisher, identifier, seen.stamp)
    _tell(row, f"已发布，自 {row.valid_from} 起生效 / published, in force from {row.valid_from}")


def _simulated(here: Kept, days: Days) -> dict[str, Any]:
    began = now()
    with TemporaryDirectory() as folder:
        table, in_force = exported(here.pack, *days, Path(folder))
        db.session.rollback()  # nothing stays open while it is tried
        trials = tried([Job(each, table, *days, whole=True) for each in (here.path, in_force) if each is not None])
    old = trials[1] if len(trials) > 1 else None
    return history.summary(trials[0], old, here.text, days, began=began, complete=True)


def _tell(row: RulePack, what: str) -> None:
    deeds = row.simulation["deeds"] if row.simulation else 0
    click.echo(f"{row.pack} {row.version} ({row.digest[:12]}): {what}")
    click.echo(f"案例 / cases {row.case_count}，不符 / failed {len(row.case_misses)}，试算 / tried on {deeds} deeds")
    if not row.case_count:
        click.echo("没有案例，不能发布：请写好再提交一次 / without cases it is not published: write some")


def _tell_misses(row: RulePack) -> None:
    for miss in row.case_misses:
        click.echo(miss)
    if row.case_misses:
        click.echo("每一件是怎样算出来的，见 civic rules check / `civic rules check` says how each came about")
