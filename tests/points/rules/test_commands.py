"""`civic rules`: check, decide, simulate, as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.cli.rules import rules
from points.rules.history import write_history
from tests.points.rules.packs import raw, rule, written
from tests.points.rules.test_trial import pasts

DEMO = Path(__file__).parents[3] / "config" / "rules" / "370112-demo.yaml"
EVENT = {
    "id": "deed-1",
    "kind": "service",
    "category": "敬老助残",
    "at": "2026-11-22T10:00:00+08:00",
    "resident": "lin",
    "district": "370112",
    "quantity": "3",
}


def run(*words, **more):
    return CliRunner().invoke(rules, [str(word) for word in words], **more)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(written(raw()), "utf-8")
    return path


def cases(file, gives):
    beside = file.parent / "cases" / file.name
    beside.parent.mkdir(exist_ok=True)
    event = {"kind": "act", "category": "help", "at": "2026-06-10 12:00", "resident": "lin", "gives": gives}
    beside.write_text(json.dumps({"pack": "../mine.yaml", "cases": [{"case": "one", "deeds": [event]}]}), "utf-8")


def test_check_runs_the_cases_of_a_good_pack():
    result = run("check", DEMO)
    assert result.exit_code == 0
    assert "✓" in result.output


def test_check_ends_with_1_and_the_line_for_a_case_that_comes_out_otherwise(file):
    cases(file, {"acts": 10})
    assert run("check", file).exit_code == 0
    cases(file, {"acts": 11})
    result = run("check", file)
    assert result.exit_code == 1
    assert "expected {'acts': 11}, found {'acts': 10}" in result.output


def test_check_ends_with_1_for_cases_that_cannot_be_read(file):
    cases(file, {"acts": "ten"})
    result = run("check", file, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)[0]["problems"][0]["code"] == "wrong_type"


def test_check_speaks_english_when_asked(file):
    file.write_text(written({**raw(), "rouning": 1}), "utf-8")
    result = run("check", file, "--language", "en")
    assert result.exit_code == 1
    assert "did you mean `rounding`" in result.output


def test_decide_answers_json_and_sentences():
    given = json.dumps({"event": EVENT, "facts": {"tallies": {"service.bands": "1"}}})
    result = run("decide", DEMO, input=given)
    assert json.loads(result.output)["grants"][0]["amount"] == 16
    said = run("decide", DEMO, "--say", "--language", "en", input=given)
    assert "In all 16 points" in said.output


@pytest.mark.parametrize("given", ["", "[]", "{}", '{"event": {}}', '{"event": {"kind": "gossip"}}', '{"event": 5}'])
def test_decide_refuses_what_is_no_event(given):
    result = run("decide", DEMO, input=given)
    assert result.exit_code == 2
    assert "这不是一个事件" in result.output


def test_simulate_prints_a_table_and_writes_csv_and_picture(file, tmp_path):
    history, old = tmp_path / "history.csv", tmp_path / "old.yaml"
    with history.open("w", encoding="utf-8", newline="") as out:
        write_history(pasts(), out)
    old.write_text(written(raw(rule(points={"each": 4}))), "utf-8")
    table, drawn = tmp_path / "out.csv", tmp_path / "out.svg"
    words = ("simulate", file, "--against", history, "--beside", old, "--csv", table, "--picture", drawn)
    result = run(*words, "--from", "2026-06-10", "--to", "2026-06-20", "--fit", 30)
    assert result.exit_code == 0
    assert "total,points given,60,24,+36" in table.read_text("utf-8")
    assert drawn.read_text("utf-8").startswith("<svg")
    assert "factor 0.59 fits" in result.output


def test_simulate_refuses_a_day_that_does_not_exist(file, tmp_path):
    history = tmp_path / "history.csv"
    history.write_text("", "utf-8")
    result = run("simulate", file, "--against", history, "--from", "2026-02-30")
    assert result.exit_code == 2
    assert "no such day" in result.output


def test_check_refuses_a_pack_of_another_zone_than_the_district(file):
    file.write_text(json.dumps(raw(timezone="America/New_York"), indent=1), "utf-8")
    result = run("check", file)
    line = file.read_text("utf-8").splitlines().index(' "timezone": "America/New_York"') + 1
    assert result.exit_code == 1
    assert f"{file}:{line}: " in result.output
    assert "[timezone_not_the_districts] (error)" in result.output
