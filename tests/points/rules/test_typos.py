"""A slip of the pen in a case file, a table of deeds or an event is a refusal with its line, and nothing else."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from points.errors import Refused
from points.rules import PackInvalid
from points.rules.cases import cases_of, run_cases
from points.rules.history import COLUMNS, read_history
from points.rules.problems import Findings
from points.rules.trial import try_pack
from tests.points.rules.packs import cap, pack, raw, rule, written
from tests.points.rules.test_commands import EVENT, run

PACK = pack(
    rule("acts", points={"assessed": [5, 10]}, expires={"end": "year", "later": 10}, notice={"working_days": 60}),
    rule("hours", when={"kind": "service"}, points={"bands": {"window": "week", "steps": [{"from": 0, "points": 1}]}}),
    caps=[cap(), cap("team", per=["resident", "team", "activity"], window="season", points=5)],
    calendar={"beyond": "weekends"},
)
DEED = {"kind": "act", "category": "help", "at": "2026-06-10 12:00", "resident": "lin"}
ROW = dict.fromkeys(COLUMNS, "") | {"id": "1", "kind": "act", "category": "help", "resident": "lin", "quantity": "1"}
TIMES = ["", "0001-01-01 00:00", "9999-12-31T23:59Z", "2026-02-30 09:00", "2026-06-10T25:00Z", "9999-12-31T23:59-08:00"]
NUMBERS = ["1e9999", "NaN", "sNaN", "-0", "1e-400", "Infinity", "٣", "9" * 5000, "true"]
VALUES = ["[1]", '{"assessed_points": [1]}', '{"assessed_points": NaN}', '{"a": {}}', "[" * 5000, "\0", "x" * 300]
odd_words = st.sampled_from([*TIMES, *NUMBERS, *VALUES])
odd = odd_words | st.integers(-(10**30), 10**30) | st.booleans() | st.none() | st.text(max_size=20)


def cases_told(**changes):
    """What is said of a case file with one deed changed: codes and lines."""
    text = json.dumps({"pack": "x.yaml", "cases": [{"case": "one", "deeds": [{**DEED, **changes}]}]}, indent=1)
    try:
        run_cases(PACK, cases_of(text, Path("cases.yaml"), Findings("cases.yaml")))
    except PackInvalid as invalid:
        return {(each.code, text.splitlines()[each.line - 1].strip().split('"')[1]) for each in invalid.problems}
    return set()


def row_told(**changes):
    """The refusal of a table with that one row, or None."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(list((ROW | {"at": "2026-06-10T12:00:00Z"} | changes).values()))
    try:
        try_pack(PACK, read_history(io.StringIO(out.getvalue()), "370112"))
    except Refused as refused:
        return refused.code, refused.details["line"], "…" in refused.sentence("zh-CN") + refused.sentence("en")
    return None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": "2026-02-30 09:00"}, "no_such_date"),
        ({"at": "0001-01-01 00:00"}, "year_out_of_range"),
        ({"at": "2026-06-10 25:00"}, "no_such_time"),
        ({"decided": "2101-01-01"}, "year_out_of_range"),
        ({"expires": "2026-13-01"}, "no_such_date"),
        ({"opens": "2026-02-31"}, "no_such_date"),
        ({"opens": "12月10日"}, "no_such_date"),
        ({"expires": "at once"}, "no_such_date"),
        ({"at": "at once"}, "no_such_date"),
        ({"expires": "2026-12-01 12:00"}, "no_such_time"),
        ({"quantity": 10**7}, "too_large"),
        ({"quantity": 0.0000001234}, "odd_number"),
        ({"attributes": {"a": 10**16}}, "rules_word_out_of_range"),
        ({"resident": "x" * 37}, "too_long"),
    ],
)
def test_a_slip_in_a_case_is_told_with_its_line(changes, code):
    (key,) = changes
    assert cases_told(**changes) in ({(code, key)}, {(code, "a")})


def test_a_consent_that_there_is_not_is_refused_in_a_case():
    assert cases_told(consents=["everything"]) == {("not_in_list", "everything")}


@pytest.mark.parametrize(
    "changes",
    [
        {"at": "0001-01-01T00:00+08:00"},
        {"at": "2026-02-30T09:00Z"},
        {"decided_at": "9999-12-31T23:59Z"},
        {"quantity": "1e9999"},
        {"quantity": "NaN"},
        {"attributes": '{"assessed_points": [1]}'},
        {"attributes": "[1]"},
        {"attributes": "[" * 5000},
        {"kind": "gossip"},
        {"age_band": "old"},
        {"resident": "x" * 37},
    ],
)
def test_a_slip_in_a_table_of_deeds_is_refused_with_its_line(changes):
    assert row_told(**changes) == ("rules_history_unreadable", 2, False)


def test_a_table_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "h.csv"
    file.write_bytes(",".join(COLUMNS).encode() + b"\n\xff\xfe\n")
    with file.open(encoding="utf-8", newline="") as lines, pytest.raises(Refused) as refused:
        list(read_history(lines, "370112"))
    assert refused.value.code == "rules_history_unreadable"


def test_a_table_that_a_spreadsheet_marked_is_read_and_a_short_row_told_by_its_columns():
    lines = io.StringIO("\ufeff" + ",".join(COLUMNS) + "\n1,act\n")
    with pytest.raises(Refused) as refused:
        list(read_history(lines, "370112"))
    assert refused.value.sentence("zh-CN") == "历史数据第 2 行读不懂：有 2 列，应有 16 列。"
    assert "It has 2 columns instead of 16." in refused.value.sentence("en")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*DEED, "quantity", "decided", "expires", "opens", "team", "attributes"]), odd))
def test_whatever_stands_in_a_case_it_runs_or_is_refused_with_lines(changes):
    cases_told(**changes)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), odd_words | st.text(max_size=20)))
def test_whatever_stands_in_a_row_it_is_tried_or_refused_with_its_line(changes):
    told = row_told(**changes)
    assert told is None or (told[0] == "rules_history_unreadable" and told[1] >= 2 and not told[2])


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*EVENT, "attributes", "team"]), odd), st.dictionaries(st.just("decided_at"), odd)
)
def test_whatever_stands_in_an_event_it_is_decided_or_refused(tmp_path_factory, changes, facts):
    file = tmp_path_factory.mktemp("packs") / "mine.yaml"
    file.write_text(written(raw()), "utf-8")
    result = run("decide", file, input=json.dumps({"event": EVENT | changes, "facts": facts}))
    assert result.exception is None or isinstance(result.exception, (SystemExit, Refused)), result.exception


@pytest.mark.parametrize("changes", [{"at": "0001-01-01T00:00+08:00"}, {"quantity": "1e9999"}, {"quantity": "1e-400"}])
def test_an_event_out_of_all_bounds_is_refused(tmp_path, changes):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw()), "utf-8")
    result = run("decide", file, input=json.dumps({"event": EVENT | changes}))
    assert isinstance(result.exception, (SystemExit, Refused))
    assert result.exit_code != 0
    assert len(result.output) < 2000


def test_a_period_that_ends_before_it_begins_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw()), "utf-8")
    (tmp_path / "h.csv").write_text(",".join(COLUMNS) + "\n", "utf-8")
    words = ("simulate", file, "--against", tmp_path / "h.csv", "--from", "2026-06-02", "--to")
    result = run(*words, "2026-06-01")
    assert str(result.exception) == "rules_period_empty"
    assert str(run(*words, "9999-12-31").exception) == "rules_time_out_of_range"
    assert run(*words, "2026-06-02").exit_code == 0


def test_long_decimals_multiply_exactly(tmp_path):
    third = Decimal("0.3333333333333333333333")
    names = [f"c{each}" for each in range(20)]
    holiday = {"title": {"zh": "节", "en": "Holiday"}, "when": {"day": "holiday"}, "factor": third}
    made = [
        {"coefficient": each, "title": {"zh": each, "en": each}, "otherwise": third, "cases": [holiday]}
        for each in names
    ]
    long = pack(rule("acts", coefficients=names), coefficients=made)
    assert cases_told() == set()
    deed = {**DEED, "quantity": 1, "gives": {}}
    text = json.dumps({"pack": "x.yaml", "cases": [{"case": "one", "deeds": [deed]}]})
    assert run_cases(long, cases_of(text, Path("c"), Findings("c")))[0] == []


@pytest.mark.parametrize(
    ("event", "facts", "named"),
    [
        ({"age_band": "18_59"}, {}, "`event.age_band`"),
        ({}, {"consent": []}, "`facts.consent`"),
        ({"at": None}, {}, "`event.at`"),
    ],
)
def test_a_strange_or_missing_key_of_an_event_is_named_in_both_languages(tmp_path, event, facts, named):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw()), "utf-8")
    given = {key: value for key, value in (EVENT | event).items() if value is not None}
    result = run("decide", file, input=json.dumps({"event": given, "facts": facts}))
    assert result.exit_code == 2
    assert named in result.output
    assert ("不认识" in result.output and "unknown key; known: " in result.output) or "缺少 `event.at`" in result.output
