"""A long simulation is worked out at the command line and attached to the pack that was handed in."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from backend.cli import existing, place, rules_attach
from backend.cli.main import cli
from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db, find, rows
from backend.passbook.models import RulePack
from tests.app import DISTRICT
from tests.backend.passbook.stage import PACK, approve, fill_fund, no, publish_rules, put_in_force, submit
from tests.cast import Cast, Person

NEXT = PACK.replace("version: 1", "version: 2").replace("from: 2026-01-01", "from: 2026-11-21")
ONE_CASE = """pack: ../pack.yaml
cases:
- case: 敬老爱亲之星二十分
  deeds:
  - {kind: act, category: 敬老爱亲之星, at: 2026-11-22 09:00, resident: zhao, gives: {acts: 20}}
"""
AUTHOR = "李起草（虚构）"


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    """Nobody is asked for a password here."""
    return {"service": {"console_trusts_names": True}}


@pytest.fixture(autouse=True)
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on the application under test."""
    for where in (place, rules_attach):
        monkeypatch.setattr(where, "service", lambda _data: nullcontext(app))
    monkeypatch.setattr(existing, "refuse_nothing", lambda _data: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "next.yaml"
    path.write_text(NEXT, "utf-8")
    return path


def simulate(file: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["rules", "simulate", str(file), "--from", "2026-01-01", *words])


def handed_in(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    """A pack whose period has more deeds than can be tried while its author waits; its id."""
    monkeypatch.setattr("backend.passbook.history.MOST_AT_ONCE", 1)
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    for _ in range(3):
        approve(resident)
    made = submit(cast, NEXT, ONE_CASE)
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def publish(cast: Cast, pack: str) -> tuple[Person, tuple[int, str]]:
    publisher = cast.staff(Role.RULES_PUBLISHER)
    answer = put_in_force(publisher, pack)
    return publisher, (answer.status_code, answer.json.get("code") or answer.json["state"])


def test_a_pack_tried_on_a_part_of_its_period_waits_for_the_whole(
    cast: Cast, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = handed_in(cast, monkeypatch)
    author = cast.staff(Role.RULES_AUTHOR, name=AUTHOR)
    assert publish(cast, pack)[1] == (409, "rule_pack_simulation_needed")
    done = simulate(file, "--to", "2026-11-20", "--attach", "--as", AUTHOR)
    assert done.exit_code == 0, done.output
    assert "attached: 370112-demo 2, 3 deeds" in done.output
    kept = find(RulePack, DISTRICT, pack)
    db.session.refresh(kept)
    assert kept.simulation is not None
    told = {name: kept.simulation[name] for name in ("from", "to", "deeds", "complete", "pack")}
    assert told == {"from": "2026-01-01", "to": "2026-11-20", "deeds": 3, "complete": True, "pack": kept.digest}
    assert {row["section"] for row in kept.simulation["rows"]} >= {"by rule", "by street", "residents who gain"}
    line = db.session.scalars(rows(AuditLine, DISTRICT).where(AuditLine.action == "rules.simulated")).one()
    assert (line.actor, line.details["deeds"], line.details["first"]) == (f"staff:{author.id}", 3, "2026-01-01")
    assert publish(cast, pack)[1] == (200, "published")


def test_only_the_very_text_that_was_handed_in_takes_a_simulation(
    cast: Cast, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(cast, monkeypatch)
    cast.staff(Role.RULES_AUTHOR, name=AUTHOR)
    file.write_text(NEXT.replace("first: 10", "first: 9"), "utf-8")
    refused = simulate(file, "--attach", "--as", AUTHOR)
    assert refused.exit_code != 0
    assert "rule_pack_not_submitted" in refused.output


def test_only_who_may_hand_packs_in_attaches(cast: Cast, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in(cast, monkeypatch)
    cast.staff(Role.AUDITOR, name="周审计（虚构）")
    for name in ("周审计（虚构）", "无此人（虚构）"):
        refused = simulate(file, "--attach", "--as", name)
        assert (refused.exit_code != 0, "staff_may_not" in refused.output) == (True, True), refused.output


def test_a_result_without_a_name_or_beside_something_else_is_not_attached(file: Path) -> None:
    for words in (("--attach",), ("--attach", "--as", " "), ("--attach", "--as", AUTHOR, "--beside", str(file))):
        assert simulate(file, *words).exit_code == 2


def test_a_published_pack_takes_no_other_simulation(cast: Cast, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = handed_in(cast, monkeypatch)
    cast.staff(Role.RULES_AUTHOR, name=AUTHOR)
    assert simulate(file, "--attach", "--as", AUTHOR).exit_code == 0
    publish(cast, pack)
    refused = simulate(file, "--attach", "--as", AUTHOR)
    assert "wrong_state" in refused.output
    assert no(cast.staff(Role.RULES_AUTHOR).post(f"/staff/rule-packs/{pack}/simulation")) == (409, "wrong_state")
