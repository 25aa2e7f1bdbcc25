"""Streets, teams and activities that rules ask for are told by their names: to residents, and to who publishes."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from backend.cli import place, rules_diff
from backend.cli.rules import rules
from backend.kit.auth import Role
from tests.backend.passbook.small import case, opened, written
from tests.backend.passbook.stage import approve, submit, told
from tests.backend.volunteering.stage import Stage
from tests.cast import Cast

GONE = "ffffffff-0000-7000-8000-000000000000"


def by_team(stage: Stage) -> str:
    return f"""- rule: team
  title:
    zh: 本队扫叶
    en: Leaves
  when:
    kind: act
    category: 扫叶
    team: ["{stage.team}", "{GONE}"]
    activity: {{not: "{stage.activity}"}}
  points: {{each: 3}}"""


def test_a_resident_is_told_which_team_and_activity_a_rule_asks_for(cast: Cast) -> None:
    stage = Stage.set_up(cast)
    opened(cast, by_team(stage))
    resident = cast.resident()
    seen = told(resident, approve(resident, "扫叶"))
    assert f"规则“本队扫叶”：条件不符：要求队伍是暖阳服务队、{GONE}。" in seen["sentences"]["zh-CN"]
    assert f"本队扫叶：条件不符：要求队伍是暖阳服务队、{GONE}" in seen["silent"]["zh-CN"]
    there = told(resident, approve(resident, "扫叶", team=stage.team, activity=stage.activity))
    assert "规则“本队扫叶”：条件不符：要求活动不是陪长者散步。" in there["sentences"]["zh-CN"]


def test_who_publishes_and_who_asks_for_the_difference_read_the_names(
    cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(place, "service", lambda _data: nullcontext(app))
    monkeypatch.setattr(rules_diff, "refuse_nothing", lambda _data: None)
    stage = Stage.set_up(cast)
    opened(cast)
    new, old = tmp_path / "new.yaml", tmp_path / "old.yaml"
    new.write_text(written(by_team(stage), version=2).replace("2026-01-01", "2026-12-01"), "utf-8")
    old.write_text(written(), "utf-8")
    handed_in = submit(cast, new.read_text("utf-8"), case())
    seen = cast.staff(Role.RULES_PUBLISHER).get(f"/staff/rule-packs/{handed_in.json['id']}").json
    added = next(line for line in seen["diff"]["zh-CN"] if "本队扫叶" in line)
    assert "队伍是暖阳服务队、" in added
    assert "活动不是陪长者散步" in added
    assert added in CliRunner().invoke(rules, ["diff", str(new)]).output
    without_books = CliRunner().invoke(rules, ["diff", str(new), str(old)]).output
    assert f"活动不是{stage.activity}" in without_books
