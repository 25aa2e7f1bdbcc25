"""What is wrong with a pack is said with file, line and code, in two languages."""

from pathlib import Path

import pytest

from points.rules import PackInvalid, load_pack
from tests.points.rules.packs import cap, pack, raw, rule, text, written

REFUSED = Path(__file__).parent / "refused"


def codes(*rules, **parts):
    """The codes of all problems, errors and warnings."""
    try:
        return [problem.code for problem in pack(*rules, **parts).problems]
    except PackInvalid as invalid:
        return [problem.code for problem in invalid.problems]


def problems(yaml_text):
    with pytest.raises(PackInvalid) as caught:
        load_pack(yaml_text, name="mine.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("tangshan-donations", "points_for_money"),
        ("dali-deductions", "minus_points"),
        ("cash-by-ranking", "cash_by_ranking"),
    ],
)
def test_an_unsafe_table_is_refused_by_name(file, code):
    with pytest.raises(PackInvalid) as caught:
        load_pack(REFUSED / f"{file}.yaml")
    assert {problem.code for problem in caught.value.problems} == {code}
    assert caught.value.code == "rules_pack_invalid"


def test_every_file_of_refused_tables_is_refused():
    assert len(list(REFUSED.glob("*.yaml"))) == 3


@pytest.mark.parametrize("category", ["捐款助学", "捐资修路"])
def test_a_category_of_donating_money_is_refused(category):
    assert codes(rule(when={"kind": "act", "category": category})) == ["points_for_money"]


def test_money_is_refused_as_a_line_of_a_table_and_the_towns_other_words_are_free():
    when = {"kind": "act"}
    money = {"by": "category", "values": {"捐款": 10}}
    assert codes(rule(when=when, points={"table": money})) == ["points_for_money"]
    fines = {"by": "category", "values": {"协助处罚乱停": 10, "rankings": 1}}
    assert codes(rule(when=when, points={"table": fines})) == []


@pytest.mark.parametrize("key", ["deductions", "扣分", "penalty"])
def test_a_key_for_deductions_is_refused_by_name(key):
    assert codes(rule(**{key: 5})) == ["minus_points"]


def test_a_problem_names_file_line_code_and_both_languages():
    lines = written(raw()).replace('"rounding"', '\n"rouning": 1,\n"rounding"')
    (problem,) = problems(lines)
    assert (problem.file, problem.line, problem.code) == ("mine.yaml", 2, "unknown_key")
    assert "rouning" in problem.zh
    assert "did you mean `rounding`" in problem.en
    assert problem.say("en").startswith("mine.yaml:2: ")


@pytest.mark.parametrize(
    ("yaml_text", "code"),
    [
        ("a: [", "not_yaml"),
        ("", "empty"),
        ("a: 1\na: 2", "doubled_key"),
        ("a: 1e3", "odd_number"),
        ("a: .inf", "odd_number"),
        ("a: 0x10", "odd_number"),
        ("a: &x 1\nb: *x", "anchors"),
        ("a: &x 1\nb: &x 2", "anchors"),
        ("a: " + "9" * 5000, "odd_number"),
        ("? [a]\n: 1", "bad_key"),
        ("[" * 5_000, "too_deep"),
        ("a: \x00", "hidden_character"),
        ("a: 1\n---\nb: 2", "not_yaml"),
        ("[" * 30 + "]" * 30, "too_deep"),
        ("a: " + "x" * 4_000_001, "too_long"),
        ("just words", "wrong_type"),
    ],
)
def test_text_that_is_no_plain_yaml_is_refused(yaml_text, code):
    assert code in [problem.code for problem in problems(yaml_text)]


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    file = tmp_path / "gbk.yaml"
    file.write_bytes("标题".encode("gbk"))
    with pytest.raises(PackInvalid) as caught:
        load_pack(file)
    assert [problem.code for problem in caught.value.problems] == ["not_utf8"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"points": {"each": "ten"}}, "wrong_type"),
        ({"points": {"each": 2_000_000}}, "too_large"),
        ({"points": {}}, "exactly_one"),
        ({"points": {"each": 1, "per_hour": 1}}, "exactly_one"),
        ({"when": {}}, "empty"),
        ({"when": {"kind": "gossip"}}, "not_in_list"),
        ({"rounding": "sideways"}, "not_in_list"),
        ({"rule": "Acts!"}, "wrong_pattern"),
        ({"quantity": {"step": 0}}, "too_small"),
        ({"when": {"kind": "act", "category": []}}, "empty"),
        ({"when": {"kind": ["act", "act"]}}, "doubled_item"),
        ({"when": {"kind": "act", "date": {"from": "2026-02-30"}}}, "no_such_date"),
        ({"when": {"kind": "act", "date": {"from": "2026-03-02", "to": "2026-03-01"}}}, "empty_range"),
        ({"when": {"kind": "act", "time": {"from": "08:00", "to": "08:00"}}}, "empty_range"),
        ({"when": {"kind": "act", "quantity": {"from": 2, "to": 2}}}, "empty_range"),
        ({"points": {"assessed": [10, 5]}}, "empty_range"),
        ({"coefficients": ["nowhere"]}, "unknown_name"),
        ({"source": "nowhere"}, "unknown_name"),
        ({"when": {"kind": "act", "tier": "nowhere"}}, "unknown_name"),
    ],
)
def test_a_rule_of_the_wrong_form_is_refused(parts, code):
    assert code in codes(rule(**parts))


def test_a_consent_nobody_can_give_is_refused():
    assert codes(rule(when={"kind": "act", "consent": ["guardain"]})) == ["not_in_list"]
    assert codes(rule(when={"kind": "act", "consent": ["guardian"]})) == []


def test_a_single_consent_may_be_written_as_a_word():
    one, listed = (pack(rule(when={"kind": "act", "consent": each})).rules[0] for each in ("guardian", ["guardian"]))
    assert one.conditions == listed.conditions
    assert codes(rule(when={"kind": "act", "consent": "guardain"})) == ["not_in_list"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x07", "\u2028", "\ufeff", "\ue000"])
def test_characters_nobody_sees_are_refused_in_words_and_keys(hidden):
    assert codes(rule(title={"zh": f"a{hidden}b", "en": "ab"})) == ["hidden_character"]
    assert "hidden_character" in codes(rule(when={"kind": "act", "attributes": {f"a{hidden}b": 1}}))


def test_a_missing_key_is_named():
    value = raw()
    del value["fund"]
    (problem,) = problems(written(value))
    assert (problem.code, "fund" in problem.en) == ("missing_key", True)


def test_an_id_used_twice_is_refused():
    assert codes(rule("a"), rule("a")) == ["doubled_id"]


def test_a_budget_may_not_share_the_id_of_a_cap_because_they_would_share_a_counter():
    budget = {"budget": "monthly", "title": text("b"), "window": "year", "points": 10}
    assert codes(caps=[cap("monthly")], budgets=[budget]) == ["doubled_id"]


def test_a_time_zone_that_does_not_exist_is_refused():
    assert codes(timezone="Mars/Olympus") == ["no_such_zone"]


def bands(*steps, **parts):
    return rule(when={"kind": "service"}, points={"bands": {"window": "year", "steps": list(steps), **parts}})


def test_bands_that_overlap_are_refused():
    steps = ({"from": 0, "to": 5, "points": 2}, {"from": 4, "points": 1})
    assert codes(bands(*steps)) == ["overlapping_bands"]


def test_a_band_after_an_open_one_overlaps_it():
    assert codes(bands({"from": 0, "points": 2}, {"from": 4, "points": 1})) == ["overlapping_bands"]


def test_a_gap_between_bands_is_refused():
    assert codes(bands({"from": 0, "to": 3, "points": 2}, {"from": 4, "points": 1})) == ["gap_between_bands"]


def test_a_first_band_that_does_not_begin_at_nothing_is_a_gap():
    assert codes(bands({"from": 1, "points": 1})) == ["gap_between_bands"]


def test_an_empty_band_is_refused():
    assert "empty_range" in codes(bands({"from": 0, "to": 0, "points": 2}, {"from": 0, "points": 1}))


def test_bands_that_end_are_warned_about():
    assert codes(bands({"from": 0, "to": 3, "points": 2})) == ["gap_above_bands"]


def test_a_mark_given_twice_is_refused():
    steps = [{"at": 3, "points": 1}, {"at": 3, "points": 2}]
    assert codes(rule(points={"milestones": {"window": "year", "steps": steps}})) == ["overlapping_bands"]


def test_two_rules_that_can_both_hold_are_refused():
    assert codes(rule("a"), rule("b")) == ["ambiguous_rules"]


def test_rules_that_exclude_each_other_are_clear():
    one, other = {"kind": "act", "category": "x"}, {"kind": "act", "category": {"not": ["x"]}}
    assert codes(rule("a", when=one), rule("b", when=other)) == []


def test_nights_and_days_exclude_each_other():
    night = {"kind": "act", "time": {"from": "20:00", "to": "06:00"}}
    daytime = {"kind": "act", "time": {"from": "06:00", "to": "20:00"}}
    morning = {"kind": "act", "time": {"from": "05:00", "to": "08:00"}}
    assert codes(rule("a", when=night), rule("b", when=daytime)) == []
    assert codes(rule("a", when=night), rule("b", when=morning)) == ["ambiguous_rules"]


def test_a_priority_or_adding_makes_two_rules_clear():
    wide, narrow = {"kind": "act"}, {"kind": "act", "category": "x"}
    assert codes(rule("a", when=wide), rule("b", when=narrow, priority=1)) == []
    assert codes(rule("a", when=wide), rule("b", when=wide, adds=True)) == []


def test_a_rule_always_hidden_by_another_can_never_fire():
    wide, narrow = {"kind": "act"}, {"kind": "act", "category": "x"}
    assert codes(rule("a", when=wide, priority=1), rule("b", when=narrow)) == ["never_fires"]


@pytest.mark.parametrize(
    "when",
    [
        {"kind": "act", "date": {"from": "2027-01-01"}},
        {"kind": "act", "date": {"to": "2025-12-31"}},
        {"kind": "act", "day": "weekend", "weekday": ["mon", "tue"]},
        {"kind": "act", "day": "workday", "weekday": "sun"},
    ],
)
def test_a_rule_whose_conditions_never_meet_is_refused(when):
    assert codes(rule(when=when)) == ["never_fires"]


def test_a_least_quantity_above_the_most_can_never_fire():
    assert codes(rule(quantity={"at_least": 3, "at_most": 2})) == ["never_fires"]


def test_a_category_outside_the_vocabulary_is_refused():
    parts = {"categories": {"act": ["x"]}}
    assert codes(rule(when={"kind": "act", "category": ["x", "y"]}), **parts) == ["unknown_category"]


def test_a_category_without_a_rule_is_a_gap():
    parts = {"categories": {"act": ["x", "y"]}}
    assert codes(rule(when={"kind": "act", "category": ["x"]}), **parts) == ["category_without_rule"]
    adds = rule("adds", when={"kind": "act"}, adds=True)
    assert codes(rule(when={"kind": "act", "category": ["x"]}), adds, **parts) == ["category_without_rule"]


def test_a_category_with_a_rule_of_its_own_that_adds_is_no_gap():
    adds = rule("adds", when={"kind": "act", "category": ["y"]}, adds=True)
    assert codes(rule(when={"kind": "act", "category": ["x"]}), adds, categories={"act": ["x", "y"]}) == []


def test_a_table_covers_its_categories_and_no_others():
    when, table = {"kind": "act", "category": ["x", "y"]}, {"by": "category", "values": {"x": 1, "z": 2}}
    assert sorted(codes(rule(when=when, points={"table": table}))) == ["gap_in_table", "never_used"]


def test_a_rule_without_points_and_later_reports_above_first_are_warned_about():
    assert codes(rule(points={"each": 0})) == ["gives_nothing"]
    turn = {"first": 1, "later": 2, "same": ["place"], "window": "week"}
    assert codes(rule(points={"turn": turn})) == ["later_above_first"]


def coefficient(*cases):
    named = [{"title": text(str(place)), "when": when, "factor": 2} for place, when in enumerate(cases)]
    return {"coefficient": "c", "title": text("c"), "cases": named}


def test_cases_of_a_coefficient_that_can_both_hold_are_refused():
    overlapping = coefficient({"street": ["a", "b"]}, {"street": ["b"]})
    assert codes(rule(coefficients=["c"]), coefficients=[overlapping]) == ["ambiguous_cases"]


def test_a_coefficient_no_rule_uses_is_warned_about():
    assert codes(coefficients=[coefficient({"street": "a"})]) == ["never_used"]


@pytest.mark.parametrize(
    ("caps", "code"),
    [
        ([cap("a", window="day", points=30), cap("b", window="month", points=30)], ["cap_unreachable"]),
        ([cap("a", window="week", points=30), cap("b", window="month", points=30)], []),
        ([cap("a", points=30), cap("b", points=30)], ["cap_unreachable"]),
        ([cap("a", points=40), cap("b", points=30)], ["cap_unreachable"]),
        ([cap("a", points=20), cap("b", window="year", points=30)], []),
        ([cap("a", points=40), cap("b", per="team", points=30)], []),
        ([cap("a", points=40), cap("b", per="district", points=30)], ["cap_unreachable"]),
        ([cap("a", per="district", points=40), cap("b", points=30)], []),
        ([cap("a", rules=["none"])], ["unknown_name"]),
        ([{"cap": "a", "title": text("a"), "per": "resident", "window": "day"}], ["missing_key"]),
    ],
)
def test_a_cap_that_can_never_cut_is_found(caps, code):
    assert codes(caps=caps) == code


def test_a_cap_above_what_limits_let_one_earn_is_found():
    once_a_day = {"at_most": 2, "window": "day"}
    assert codes(rule(times=once_a_day), caps=[cap(window="day", points=20)]) == ["cap_unreachable"]
    assert codes(rule(times=once_a_day), caps=[cap(window="day", points=19)]) == []
    assert codes(rule(times=once_a_day), caps=[cap(window="month", points=20)]) == []
    hours = rule(points={"per_hour": 3}, quantity={"at_most": 4, "per": "day"})
    assert codes(hours, caps=[cap(window="day", points=12)]) == ["cap_unreachable"]
    assert codes(hours, caps=[cap(window="day", points=11)]) == []


def test_a_budget_under_which_no_rule_stands_is_refused():
    budget = {"budget": "b", "title": text("b"), "window": "year", "points": 10, "fund": "elsewhere"}
    assert codes(budgets=[budget]) == ["cap_without_rules"]


def test_a_year_without_holiday_table_is_refused_unless_said_otherwise():
    when = {"kind": "act", "day": "holiday"}
    valid = {"from": "2026-01-01", "to": "2028-12-31"}
    assert codes(rule(when=when), valid=valid) == ["calendar_unknown"]
    assert codes(rule(when=when), valid={"from": "2026-01-01"}) == ["calendar_unknown"]
    assert codes(rule(when=when), valid=valid, calendar={"beyond": "weekends"}) == ["holidays_unpublished"]
    own = {"holidays": ["2027-01-01", "2028-01-01"]}
    assert codes(rule(when=when), valid=valid, calendar=own) == []


def test_a_notice_that_may_run_into_an_unknown_year_is_warned_about():
    assert codes(rule(notice={"working_days": 5})) == ["calendar_unknown"]


def test_tiers_that_cannot_be_ordered_are_refused():
    def tier(name, hours, points):
        needs = {"hours": {"at_least": hours, "window": "year"}, "points": {"at_least": points, "window": "year"}}
        return {"tier": name, "title": text(name), "needs": needs}

    assert codes(tiers=[tier("a", 5, 10), tier("b", 10, 5)]) == ["ambiguous_tiers"]
    assert codes(tiers=[tier("a", 5, 10), tier("b", 5, 10)]) == ["ambiguous_tiers"]
    assert codes(tiers=[tier("a", 5, 10), tier("b", 5, 20)]) == []


def test_a_pack_that_ends_before_it_begins_is_refused():
    assert codes(valid={"from": "2026-02-01", "to": "2026-01-01"}) == ["empty_range"]


def test_a_tier_that_there_is_not_is_refused_wherever_it_is_asked_for():
    case = {"title": text("gold"), "when": {"tier": "gold"}, "factor": 2}
    coefficients = [{"coefficient": "tier", "title": text("tier"), "cases": [case]}]
    assert codes(rule(coefficients=["tier"]), coefficients=coefficients) == ["unknown_name"]
    needs = {"hours": {"at_least": 9, "window": "year"}}
    tiers = [{"tier": "golden", "title": text("golden"), "needs": needs}]
    (told,) = problems(written(raw(rule(when={"tier": "gold"}), tiers=tiers)))
    assert (told.zh, told.en) == (
        "没有叫 `gold` 的项；有的是：golden。",
        "There is nothing called `gold`; there is: golden.",
    )
    assert codes(rule(when={"tier": "golden"}), tiers=tiers) == []


@pytest.mark.parametrize(
    ("line", "slip", "said"),
    [
        ('district: "370112"', "district: 370112", ('请加引号："370112"', 'put it in quotes, "370112"')),
        ('district: "370112"', 'district: "历城区"', ("六位数字", "six digits")),
        ("from: 2026-01-01", "from: 2026/1/1", ("日期写成 2026-01-31", "write a day as 2026-01-31")),
        ("pack: langao-bank", "pack: 岚皋", ("小写英文字母", "only small letters")),
        ("rounding: down", "rounding：down", ("全角冒号", "ASCII colon")),
        ("rounding: down", "rounding:down", ("空一格", "a blank after it")),
        ("rounding: down", "rounding: down\n\tfund: x", ("制表符", "a tab")),
        ("expires: {months: 12}", "expires: 12", ("可写：months、", "it can hold: months, ")),
        ("expires: {months: 12}", "expires: {months: 12个月}", ("不带单位", "without a unit")),
        ("expires: {months: 12}", "expires: {months：12}", ("冒号要用半角", "the colon of ASCII")),
        ("expires: {months: 12}", "expires: {months: 0}", ("（至少 1）", "(at least 1)")),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line_and_how_to_write_it(line, slip, said):
    shipped = (Path(__file__).parents[3] / "config" / "rules" / "langao-bank.yaml").read_text("utf-8")
    assert line in shipped
    number = shipped[: shipped.index(line)].count("\n") + slip.count("\n") + 1
    told = problems(shipped.replace(line, slip, 1))
    assert any(each.line == number and said[0] in each.zh and said[1] in each.en for each in told), told
