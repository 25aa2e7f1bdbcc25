"""The books' real deeds through a pack: read from the books, tried, and nothing written there."""

from __future__ import annotations

from pathlib import Path

from backend.cli.rules_history import exported
from backend.kit.clock import now
from backend.kit.days import local_day
from points.rules import load_pack
from points.rules.simulate import Job, run_job
from tests.backend.passbook.test_earn import approve, fill_fund, publish_rules
from tests.cast import Cast

DEMO = Path("config/rules/370112-demo.yaml")


def test_real_deeds_are_tried_as_they_were_decided(cast: Cast, tmp_path: Path) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    for category in ("敬老爱亲之星", "敬老爱亲之星", "帮助困难居民"):
        approve(resident, category)
    before = resident.get("/me/points").json["available"]
    table, beside = exported(load_pack(DEMO), None, local_day(now()), tmp_path)
    assert beside is not None
    trials = [run_job(Job(pack, table)) for pack in (beside, DEMO)]
    assert [(trial.deeds, trial.granted) for trial in trials] == [(3, before), (3, before)]
    assert trials[0].digest == trials[1].digest
    assert resident.get("/me/points").json["available"] == before == 30


def test_without_rules_or_deeds_there_is_an_empty_table_and_no_pack_beside(cast: Cast, tmp_path: Path) -> None:
    table, beside = exported(load_pack(DEMO), None, None, tmp_path)
    assert beside is None
    assert run_job(Job(DEMO, table)).deeds == 0
