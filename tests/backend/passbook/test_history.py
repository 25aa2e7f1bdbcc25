"""Past deeds are what a new pack is tried on; the command line hands packs in and publishes them with that."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from backend.cli import rules_publish
from backend.cli.rules_publish import run
from backend.kit.auth import Role
from backend.kit.clock import now
from backend.kit.db import db, rows
from backend.passbook.history import count, history
from backend.passbook.models import RulePack
from points.clock import FixedClock
from points.errors import Refused
from tests.app import DISTRICT
from tests.backend.passbook.stage import CASES, PACK, approve, fill_fund, publish_rules, serve
from tests.backend.passbook.test_corrections import correct, undo
from tests.cast import Cast

DAY = date(2026, 11, 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A second version of the pack as a file, its cases beside it."""
    (tmp_path / "cases").mkdir()
    a_year_on = CASES.replace("2027-", "2028-").replace("2026-", "2027-")
    (tmp_path / "cases" / "next.yaml").write_text(a_year_on.replace("370112-demo.yaml", "next.yaml"), "utf-8")
    path = tmp_path / "next.yaml"
    text = PACK.replace("version: 1", "version: 2").replace("from: 2026-01-01", "from: 2026-11-21")
    path.write_text(text.replace("points: 2000000", "points: 1000000"), "utf-8")
    return path


@pytest.fixture
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on the application under test."""
    monkeypatch.setattr(rules_publish, "service", lambda _data: nullcontext(app))


def test_history_tells_deeds_in_order_as_they_stand_now(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    resident = cast.resident()
    resident.post("/me/consents", {"purpose": "public_notice", "given": True})
    resident.put("/me/birth-date", {"birth_date": "1960-11-20"})
    second, first = approve(resident), approve(resident, at=now() - timedelta(hours=5))
    wrong = approve(resident)
    correct(office, second, category="帮助困难居民")
    undo(office, wrong)
    serve(resident, "1.5", wrong, at=now() - timedelta(days=2))
    found = list(history(DISTRICT, DAY, DAY))
    assert [past.event.category for past in found] == ["敬老爱亲之星", "帮助困难居民"]
    assert {(past.age_band, past.consents) for past in found} == {("60_up", ("age", "public_notice"))}
    assert (count(DISTRICT, DAY, DAY), count(DISTRICT, None, None)) == (2, 3)
    assert found[0].event.at < found[1].event.at
    assert first != second


def test_history_goes_on_page_after_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.passbook.history.BATCH", 3)
    resident = cast.resident()
    for _ in range(7):
        approve(resident)
    found = [past.event.id for past in history(DISTRICT, None, None)]
    assert len(set(found)) == len(found) == 7


@pytest.mark.usefixtures("command")
def test_two_people_publish_from_the_command_line(cast: Cast, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish_rules(cast)
    fill_fund(cast)
    approve(cast.resident())
    run(file, "李起草（虚构）", None, None, None)
    assert "试算 / tried on 1 deeds" in capsys.readouterr().out
    run(file, "王发布（虚构）", None, None, None)
    said = capsys.readouterr().out
    assert "由 2000000 改为 1000000" in said
    assert "published, in force from 2026-11-21" in said
    row = db.session.scalars(rows(RulePack, DISTRICT).where(RulePack.version == 2)).one()
    assert (row.state, row.author, row.publisher) == ("published", "console:李起草（虚构）", "console:王发布（虚构）")


@pytest.mark.usefixtures("command")
def test_a_pack_whose_cases_fail_is_handed_in_but_not_published(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = file.parent / "cases" / file.name
    cases.write_text(cases.read_text("utf-8").replace("gives: {acts: 20}", "gives: {acts: 21}"), "utf-8")
    run(file, "李起草（虚构）", None, None, None)
    assert "expected {'acts': 21}" in capsys.readouterr().out
    with pytest.raises(Refused) as refused:
        run(file, "王发布（虚构）", None, None, None)
    assert refused.value.code == "rule_pack_cases_needed"


@pytest.mark.usefixtures("command")
def test_the_author_again_tries_anew_and_does_not_publish(cast: Cast, file: Path, clock: FixedClock) -> None:
    publish_rules(cast)
    run(file, "李起草（虚构）", None, None, None)
    approve(cast.resident())
    run(file, "李起草（虚构）", None, "2026-11-01", None)
    row = db.session.scalars(rows(RulePack, DISTRICT).where(RulePack.version == 2)).one()
    assert (row.state, row.simulation["deeds"], row.simulation["from"]) == ("submitted", 1, "2026-11-01")
