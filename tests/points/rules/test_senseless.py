"""What has the right form and cannot be meant: warned about or refused, with its place."""

import pytest

from points.rules import load_pack
from tests.points.rules.packs import cap, pack, raw, rule, text, written
from tests.points.rules.test_commands import run
from tests.points.rules.test_problems import codes

DATES = {"from": "2026-06-13", "to": "2026-06-14"}  # a Saturday and a Sunday


@pytest.mark.parametrize(
    ("narrow", "wide", "unreachable"),
    [
        ({"window": "month", "points": 60}, {"window": "year", "points": 100_000}, True),
        ({"window": "month", "points": 60}, {"window": "year", "points": 720}, True),
        ({"window": "month", "points": 60}, {"window": "year", "points": 719}, False),
        ({"window": "week", "points": 10}, {"window": "month", "points": 60}, True),
        ({"window": "week", "points": 10}, {"window": "month", "points": 59}, False),
        ({"window": "season", "points": 10}, {"window": "year", "points": 49}, False),
        ({"window": "month", "points": 60}, {"window": "lifetime", "points": 100_000}, False),
        ({"window": "month", "points": 60, "per": "team"}, {"window": "year", "points": 100_000}, False),
        ({"window": "month", "points": 60, "per": "district"}, {"window": "year", "points": 720}, True),
        ({"window": "month", "points": 60, "rules": ["acts"]}, {"window": "year", "points": 9_503}, False),
    ],
)
def test_a_cap_that_a_narrower_one_never_lets_fill_is_warned_about(narrow, wide, unreachable):
    hours = rule("hours", when={"kind": "service"}, points={"per_hour": 1})
    found = codes(rule(), hours, caps=[cap("narrow", **narrow), cap("wide", **wide)])
    assert found == (["cap_unreachable"] if unreachable else [])


def test_a_cap_or_a_quantity_of_nothing_is_warned_about():
    assert codes(caps=[cap(points=0)]) == ["gives_nothing"]
    assert codes(rule(points={"per_hour": 1}, quantity={"at_most": 0})) == ["gives_nothing"]


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"weekday": ["mon", "tue"], "date": DATES}, ["never_fires"]),
        ({"weekday": ["mon", "sun"], "date": DATES}, []),
        ({"weekday": ["mon"], "date": {"from": "2026-06-13"}}, []),
        ({"day": "holiday", "date": DATES}, ["never_fires"]),
        ({"day": "weekend", "date": DATES}, []),
        ({"day": "weekend", "weekday": ["sun"], "date": {"from": "2026-06-13", "to": "2026-06-13"}}, ["never_fires"]),
    ],
)
def test_a_rule_none_of_whose_dates_is_such_a_day_never_fires(when, found):
    assert codes(rule(when={"kind": "act", **when})) == found


@pytest.mark.parametrize(
    ("street", "found"),
    [
        ("370112001", []),
        ("370112999", ["unknown_street"]),
        (370112001, ["unknown_street"]),
        ({"not": ["370112001", "x"]}, ["unknown_street"]),
    ],
)
def test_a_street_the_district_does_not_have_is_warned_about_where_streets_are_known(street, found):
    text = written(raw(rule(when={"kind": "act", "street": street})))
    pack = load_pack(text, streets=lambda district: {"370112001"} if district == "370112" else ())
    assert [each.code for each in pack.problems] == found
    assert load_pack(text).problems == load_pack(text, streets=lambda district: ()).problems == ()


def test_the_command_knows_the_streets(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(written(raw(rule(when={"kind": "act", "street": "370112999"}))), "utf-8")
    assert "unknown_street" in run("check", file).output


def test_a_share_over_another_time_than_its_budgets_is_warned_of():
    yearly = {"budget": "yearly", "title": text("all"), "window": "year", "points": 900}
    part = {**cap(per="district", rules=["acts"]), "share": {"of": "yearly", "part": 0.5}}
    part.pop("points")
    rules = (rule(), rule("other", when={"kind": "ticket"}))
    (said,) = [each for each in pack(*rules, caps=[part], budgets=[yearly]).problems if "share" in each.code]
    assert (said.code, said.severity) == ("share_of_another_window", "warning")
    assert "按“每月”计，它所占份额的预算却按“每年”计" in said.zh
    assert pack(*rules, caps=[{**part, "window": "year"}], budgets=[yearly]).problems == ()
