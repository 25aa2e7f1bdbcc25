"""`civic rules`: check, decide, simulate, as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.cli import existing
from backend.cli.main import cli
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
    assert "应为 {acts: 11}，实为 {acts: 10}" in result.output


def test_check_says_how_a_failed_case_came_to_its_points_in_the_sentences_of_decide(file):
    cases(file, {"acts": 11})
    result = run("check", file)
    assert "    规则“acts”：每次 10 分。合计 10 分。\n" in result.output
    assert "由“文明积分基金”支付" in result.output
    assert "    Rule “acts”: 10 each time. In all 10 points.\n" in run("check", file, "--language", "en").output
    (failed,) = json.loads(run("check", file, "--json").output)[0]["failed"]
    assert "规则“acts”：每次 10 分。合计 10 分。" in failed["why"]["zh-CN"]
    assert "Rule “acts”: 10 each time. In all 10 points." in failed["why"]["en"]


def test_check_says_why_a_deed_of_a_case_was_refused_or_a_rule_silent(file):
    file.write_text(written(raw(rule(when={"kind": "act", "street": "370112001"}))), "utf-8")
    cases(file, {"acts": 10})
    assert "    规则“acts”：条件不符：要求街道是山大路街道。\n" in run("check", file).output
    file.write_text(written(raw(valid={"from": "2026-07-01", "to": "2026-12-31"})), "utf-8")
    result = run("check", file)
    assert "应为 算了分，实为 拒绝 rules_not_in_force\n" in result.output
    assert "    规则包 made-up 在 2026-06-10 没有生效。\n" in result.output


def test_check_says_in_chinese_how_much_there_is_how_grave_it_is_and_that_cases_are_wanting(file):
    said = run("check", file)
    assert "mine.yaml:1: 还没有案例：请写 cases/mine.yaml，发布前要有。" in said.output
    assert "[no_cases]（提醒）\n" in said.output
    assert "made up（规则 1 条，上限 0 个，案例 0 个；" in said.output
    assert said.exit_code == 0
    english = run("check", file, "--language", "en").output
    assert "[no_cases] (warning)\n" in english
    assert "made up (rules: 1, caps: 0, cases: 0; " in english
    cases(file, {"acts": 10})
    assert "no_cases" not in run("check", file).output


def test_a_case_that_departs_in_caps_or_days_says_in_which(file):
    cases(file, {"acts": 10})
    beside = file.parent / "cases" / file.name
    more = '"cut_by": ["monthly"], "opens": "2026-06-11", "expires": "2027-06-11", "resident"'
    beside.write_text(beside.read_text("utf-8").replace('"resident"', more), "utf-8")
    said = run("check", file).output
    for departure in (
        "应为 cut_by: [monthly]，实为 cut_by: []",
        "应为 opens: 2026-06-11，实为 opens: at once",
        "应为 expires: 2027-06-11，实为 expires: 2027-06-10",
    ):
        assert departure in said


def test_check_refuses_cases_that_are_another_packs(file):
    cases(file, {"acts": 10})
    beside = file.parent / "cases" / file.name
    beside.write_text(beside.read_text("utf-8").replace("../mine.yaml", "../other.yaml"), "utf-8")
    result = run("check", file)
    assert (result.exit_code, "这些案例的 pack 应写“../mine.yaml”。" in result.output) == (1, True)
    assert "[cases_of_another_pack]（错误）" in result.output


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"event": {"id": "1", "id": "2"}}', "`id` is written twice"),
        (json.dumps({"event": {**EVENT, "resident": None}}), "`resident`: None is no str"),
        (json.dumps({"event": EVENT}).encode("utf-16"), "can't decode"),
    ],
)
def test_decide_names_what_is_wrong_with_an_event(given, said):
    result = run("decide", DEMO, input=given)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_an_event_that_was_saved_with_a_mark_is_decided():
    given = json.dumps({"event": EVENT}).encode("utf-8-sig")
    assert run("decide", DEMO, input=given).exit_code == 0


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
    assert "[timezone_not_the_districts]（错误）" in result.output


def test_decide_refuses_a_tally_that_the_rules_do_not_ask(file):
    given = json.dumps({"event": {**EVENT, "kind": "act"}, "facts": {"tallies": {"hours.band": "3"}}})
    result = run("decide", file, input=given)
    assert result.exception.code == "rules_tally_unknown"
    assert "hours.band" in result.exception.sentence("en")


def test_a_decision_that_is_only_tried_says_so_and_why_the_others_were_silent(file):
    other = rule("other", when={"kind": "act", "street": "370112001"}, adds=True)
    file.write_text(written(raw(rule(), other)), "utf-8")
    said = run("decide", file, "--say", input=json.dumps({"event": {**EVENT, "kind": "act"}})).output
    assert "这是试算，没有入账" in said
    assert "正在入账" not in said
    assert "规则“other”：条件不符：要求街道是山大路街道。" in said


def test_only_the_two_languages_are_taken(file):
    assert run("check", file, "--language", "fr").exit_code == 2


def test_simulate_refuses_a_file_that_cannot_be_written_before_it_begins(file, tmp_path):
    history = tmp_path / "history.csv"
    history.write_text("no table", "utf-8")
    for option in ("--csv", "--picture"):
        result = run("simulate", file, "--against", history, option, tmp_path / "nowhere" / "out")
        assert result.exception.code == "rules_output_unwritable"


def test_a_case_file_in_another_encoding_is_refused_by_name(file, tmp_path):
    cases(file, {"acts": 10})
    (file.parent / "cases" / file.name).write_bytes("案例".encode("gbk"))
    history = tmp_path / "history.csv"
    with history.open("w", encoding="utf-8", newline="") as out:
        write_history(pasts(), out)
    result = run("simulate", file, "--against", history)
    assert [each.code for each in result.exception.problems] == ["not_utf8"]


def test_simulate_warns_of_deeds_that_come_twice(file, tmp_path):
    history = tmp_path / "history.csv"
    with history.open("w", encoding="utf-8", newline="") as out:
        write_history([*pasts(), *pasts(2)], out)
    result = run("simulate", file, "--against", history)
    assert (result.exit_code, "2 deeds named twice were counted once" in result.output) == (0, True)


@pytest.mark.parametrize("command", ["decide", "diff", "simulate", "fit", "publish", "withdraw"])
def test_every_command_tells_all_that_is_wrong_with_a_pack_in_the_lines_of_check(file, tmp_path, command, monkeypatch):
    monkeypatch.setattr(existing, "refuse_nothing", lambda _data: None)
    file.write_text(written({**raw(rule(points={"each": "ten"})), "rouning": 1}).replace(", ", ",\n"), "utf-8")
    history = tmp_path / "history.csv"
    history.write_text("", "utf-8")
    simulate = ["simulate", file, "--against", history]
    words = {
        "decide": ["decide", file],
        "diff": ["diff", file, DEMO],
        "simulate": simulate,
        "fit": [*simulate, "--fit", 100],
        "publish": ["publish", file, "--as", "张起草（虚构）"],
        "withdraw": ["withdraw", file, "--as", "张起草（虚构）"],
    }[command]
    result = CliRunner().invoke(cli, ["rules", *map(str, words)], input=json.dumps({"event": EVENT}))
    lines = run("check", file).output.splitlines()[:-1]
    assert len(lines) > 1
    assert result.output.splitlines() == [
        *lines,
        *run("check", file, "--language", "en").output.splitlines()[:-1],
        "code: rules_pack_invalid",
    ]
    assert result.exit_code == 2
