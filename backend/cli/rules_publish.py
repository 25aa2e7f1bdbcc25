"""`civic rules publish`: one person hands a pack in, with its cases and a simulation; another puts it in force."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from backend.cli.place import service
from backend.cli.rules_history import exported
from backend.cli.rules_simulate import day_of, tried
from backend.kit.clock import now
from backend.kit.db import db, rows
from backend.passbook import history, packs, publishing
from backend.passbook.models import RulePack
from points.rules import load_pack
from points.rules.simulate import Job


def run(file: Path, by: str, data: str | None, first: str | None, last: str | None) -> None:
    """Submit the pack, or try it anew as its author, or publish it as the second person; says which."""
    name = f"console:{by}"[:60]
    pack, text = load_pack(file), file.read_text("utf-8")
    with service(data):
        row = db.session.scalar(rows(RulePack, pack.district).where(RulePack.digest == pack.digest))
        if row is not None and row.author != name:
            _publish(pack.district, name, row)
            return
        simulation = _simulated(file, text, pack.district, first, last)
        if row is None:
            beside = file.parent / "cases" / file.name
            cases = beside.read_text("utf-8") if beside.exists() else None
            row = packs.submit(pack.district, name, text, cases, simulation)
        else:
            row = packs.attach_simulation(pack.district, name, row.id, simulation)
        _tell(row, "已提交，等另一人发布 / handed in; another person publishes it")
        for miss in row.case_misses:
            click.echo(miss)


def _publish(district: str, name: str, row: RulePack) -> None:
    seen = packs.see(district, row.id)
    published = publishing.publish(district, name, row.id)
    for zh, en in zip(seen.diff["zh-CN"], seen.diff["en"], strict=True):
        click.echo(f"{zh} / {en}")
    _tell(published, f"已发布，自 {published.valid_from} 起生效 / published, in force from {published.valid_from}")


def _simulated(file: Path, text: str, district: str, first: str | None, last: str | None) -> dict[str, Any]:
    days = (day_of(first), day_of(last))
    began = now()
    with TemporaryDirectory() as folder:
        table, in_force = exported(district, *days, Path(folder))
        jobs = [Job(each, table, *days) for each in (file, in_force) if each is not None]
        trials = tried(jobs)
    old = trials[1] if len(trials) > 1 else None
    return history.summary(trials[0], old, text, days, began=began, complete=True)


def _tell(row: RulePack, what: str) -> None:
    deeds = row.simulation["deeds"] if row.simulation else 0
    click.echo(f"{row.pack} {row.version} ({row.digest[:12]}): {what}")
    click.echo(f"案例 / cases {row.case_count}，不符 / failed {len(row.case_misses)}，试算 / tried on {deeds} deeds")
