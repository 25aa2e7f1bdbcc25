"""What is stored of a decision, how receipts complete it, and how it is told to a resident."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from points.ledger.refusals import FUND_CLOSED
from points.rules import Cut, Decision, Outcome, complete, explain, facts_needed, load_pack, silent
from points.rules.sentences import said_step
from points.rules.steps import Step
from points.rules.texts import NOTHING, Text, plain
from tests.points.rules.packs import cap, decided, deed, pack, raw, rule, text, written


def capped():
    return pack(caps=[cap()])


def test_a_stored_decision_comes_back_the_same():
    decision = decided(capped(), deed(attributes={"photo": True, "level": 3}, quantity=Decimal("1.50")))
    decision = complete(
        decision, {"acts": Outcome("posted", 5, (Cut("monthly:resident:lin:2026-06", 10, 5),), None, 7)}
    )
    text = decision.to_json()
    again = Decision.from_json(text)
    assert again.to_json() == text
    assert again.event == decision.event
    assert again.outcomes == decision.outcomes
    assert again.grants == decision.grants
    assert json.loads(text)["event"]["at"] == "2026-06-10T04:00:00+00:00"


@pytest.mark.parametrize("change", [{"format": 2}, {"grants": 5}, {"surprise": 1}, {"version": "1"}, {"version": True}])
def test_a_decision_of_another_form_is_a_fault(change):
    stored = {**json.loads(decided(capped(), deed()).to_json()), **change}
    with pytest.raises(ValueError, match=r"format|list|not a|no int"):
        Decision.from_json(json.dumps(stored))


def test_receipts_complete_a_decision_and_later_ones_replace_earlier_ones():
    decision = decided(capped(), deed())
    assert (decision.amount, decision.granted) == (10, 0)
    waiting = complete(decision, {"acts": Outcome("waiting", reason="fund_empty")})
    posted = complete(waiting, {"acts": Outcome("posted", 10)})
    assert (waiting.granted, posted.granted) == (0, 10)


def test_a_receipt_for_no_grant_and_an_unknown_state_are_faults():
    with pytest.raises(ValueError, match="no such grants"):
        complete(decided(capped(), deed()), {"other": Outcome("posted", 1)})
    with pytest.raises(ValueError, match="no such state"):
        Outcome("lost")


@pytest.mark.parametrize(
    ("outcome", "zh", "en"),
    [
        (None, "积分正在入账", "on their way"),
        (Outcome("waiting"), "积分正在入账", "on their way"),
        (Outcome("waiting", reason="fund_empty"), "等待入账（fund_empty）", "wait to be added"),
        (Outcome("refused", reason=FUND_CLOSED.code), "入账被拒绝（该资金池已关闭）", "refused (The fund is closed)"),
        (Outcome("undone"), "已被撤销", "undone"),
        (Outcome("posted", 10), "实际入账 10 分", "10 points were added"),
        (Outcome("posted", 4, (Cut("monthly:resident:lin:2026-06", 10, 4),)), "还剩 4 分", "so 10 became 4"),
        (Outcome("posted", 4, (Cut("elsewhere", 10, 4),)), "elsewhere", "elsewhere"),
    ],
)
def test_what_became_of_a_grant_is_said(outcome, zh, en):
    decision = decided(capped(), deed())
    if outcome is not None:
        decision = complete(decision, {"acts": outcome})
    assert zh in "\n".join(explain(decision))
    assert en in "\n".join(explain(decision, "en"))


def test_a_deed_without_points_is_told_why_each_rule_for_such_deeds_was_silent():
    of = pack(rule(when={"kind": "act", "street": "x"}), rule("other", when={"kind": "ticket"}))
    decision = decided(of, deed())
    assert len(explain(decision)) == 2
    sentences = explain(decision, "en", of)
    assert sentences[2:] == ["Rule “acts”: it asks that the street is x."]
    with pytest.raises(ValueError, match="did not make"):
        silent(pack(), decision)


def test_silence_for_too_little_is_told_apart():
    of = pack(rule(quantity={"at_least": 2}))
    assert [each.code for each in silent(of, decided(of, deed()))] == ["quantity"]
    of = pack(rule(points={"per_hour": 1}, quantity={"at_most": 2, "per": "day"}))
    decision = decided(of, deed(), tallies={"acts.counted": 2})
    assert [(each.code, "used up" in each.reason.en) for each in silent(of, decision)] == [("quantity", True)]
    of = pack(rule(points={"per_hour": 0.1}))
    assert [each.code for each in silent(of, decided(of, deed()))] == ["nothing"]


def test_the_notice_the_fund_and_the_last_day_are_said():
    said = "\n".join(explain(decided(pack(rule(notice={"days": 7})), deed())))
    assert "由“civic”基金支付，公示后 2026-06-18 00:00 起可用，有效期至 2027-06-18" in said


def test_a_fund_is_called_by_its_title_where_that_is_known():
    decision, funds = decided(pack(rule()), deed()), {"civic": Text("文明积分基金", "civic fund")}
    assert explain(decision, "zh-CN", None, funds)[-1].startswith("积分由“文明积分基金”支付，有效期至 ")
    assert explain(decision, "en", None, funds)[-1].startswith("They are paid by the “civic fund” and are valid until ")
    assert "the fund “civic”" in explain(decision, "en")[-1]


def test_a_step_of_no_known_kind_is_a_fault():
    with pytest.raises(ValueError, match="no such step"):
        said_step(Step("bribe", Decimal(1), NOTHING, ()))


def test_english_words_of_the_pack_are_used_in_english():
    of = pack(words={"help": "helping out"})
    assert "“helping out”" in explain(decided(of, deed()), "en")[0]
    assert "“help”" in explain(decided(of, deed()))[0]


def test_the_digest_knows_neither_order_nor_the_writing_of_numbers():
    one = raw(rule("a"), rule("b", when={"kind": "ticket"}, points={"each": 2}))
    other = raw(*reversed(one["rules"]))
    text = written(one)
    assert load_pack(text).digest == load_pack(written(other)).digest
    assert load_pack(text.replace('"each": 2', '"each": 2.00')).digest == load_pack(text).digest
    assert load_pack(text.replace('"each": 2', '"each": 3')).digest != load_pack(text).digest


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.50", "1.5"), ("100", "100"), ("0.0", "0"), ("-0", "0"), ("1E+3", "1000"), ("0.10", "0.1"), ("-2.5", "-2.5")],
)
def test_numbers_are_written_as_people_do(number, text):
    assert plain(Decimal(number)) == text


def test_times_without_a_zone_are_faults():
    stored = json.loads(decided(capped(), deed()).to_json())
    stored["event"]["at"] = "2026-06-10T04:00:00"
    with pytest.raises(ValueError, match="no time zone"):
        Decision.from_json(json.dumps(stored))
    assert datetime(2026, 6, 10, 4, tzinfo=UTC) == decided(capped(), deed()).event.at


@pytest.mark.parametrize(("kind", "zh"), [("service", "2 小时"), ("ticket", "2 件"), ("act", "2 次")])
def test_a_running_total_is_said_in_the_unit_of_its_deeds(kind, zh):
    steps = [{"from": 0, "to": 2, "points": 5}, {"from": 2, "points": 2}]
    of = pack(rule(when={"kind": kind}, points={"bands": {"window": "month", "steps": steps}}))
    assert f"累计 0 至 {zh}的部分" in explain(decided(of, deed(kind)))[1]


def test_a_tier_is_said_by_its_title_where_a_rule_is_silent_for_it():
    needs = {"hours": {"at_least": 9, "window": "year"}}
    tiers = [{"tier": "gold", "title": {"zh": "金级", "en": "Gold level"}, "needs": needs}]
    asked = pack(rule(when={"kind": "act", "tier": ["gold", "none"], "age_band": "60_up"}), tiers=tiers)
    only = pack(rule(when={"kind": "act", "tier": "gold"}), tiers=tiers)
    assert explain(decided(only, deed()), "zh-CN", only)[-1] == "规则“acts”：条件不符：要求等级是金级。"
    assert explain(decided(only, deed()), "en", only)[-1] == "Rule “acts”: it asks that the tier is Gold level."
    assert asked.rules[0].conditions[2].say().zh == "等级是金级、没有等级"


def test_a_street_is_said_by_its_name_and_one_nobody_knows_by_its_code():
    only = pack(rule(when={"kind": "act", "street": ["370112001", "370112999"]}))
    made, names = decided(only, deed()), {"street": {"370112001": "山大路街道"}}
    assert explain(made, "zh-CN", only, names=names)[-1] == "规则“acts”：条件不符：要求街道是山大路街道、370112999。"
    assert "it asks that the street is 山大路街道" in explain(made, "en", only, names=names)[-1]
    assert silent(only, made, names)[0].reason.zh == "条件不符：要求街道是山大路街道、370112999"


@pytest.mark.parametrize("what", ["team", "activity"])
def test_a_team_or_activity_is_said_by_its_name_and_one_nobody_knows_by_its_id(what):
    title = {"team": "队伍", "activity": "活动"}[what]
    other = rule("other", when={"kind": "act", what: {"not": "0a1"}}, adds=True)
    only = pack(rule(when={"kind": "act", what: ["0a1", "0b2"]}), other)
    made = decided(only, deed(**{what: "0a1"}, kind="act"))
    assert [grant.rule for grant in made.grants] == ["acts"]
    names = {what: {"0a1": "山大路志愿队（虚构）"}, "street": {"0b2": "不是这个"}}
    (why,) = silent(only, made, names)
    assert why.reason.zh == f"条件不符：要求{title}不是山大路志愿队（虚构）"
    assert only.rules[0].conditions[1].say(names).zh == f"{title}是山大路志愿队（虚构）、0b2"
    assert only.rules[0].conditions[1].say().zh == f"{title}是0a1、0b2"


def test_what_the_service_says_of_a_deed_is_said_in_words_and_what_a_pack_asks_as_it_is_written():
    def said(kind, **asked):
        (condition,) = pack(rule(when={"kind": kind, "attributes": asked})).rules[0].conditions[1:]
        return condition.say()

    assert said("service", hours="checked_in") == (
        "工时记录是本人签到签退",
        "the record of the hours is by checking in and out",
    )
    assert said("ticket", first=True) == ("“首报”为“是”", "“first report” is yes")
    assert said("ticket", duplicate={"not": True}).zh == "“重复上报”不为“是”"
    assert said("ticket", rank={"not": [1, 2]}) == ("上报的次序不是1、2", "the place among the reports is not 1, 2")
    assert said("act", hours="checked_in").zh == "“hours”是checked_in"
    assert said("act", statement=True) == ("“statement”为“是”", "`statement` is yes")


def test_a_category_that_no_rule_is_about_is_said_to_be_so_as_a_mistyped_one_is():
    of = pack(rule(when={"kind": "act", "category": "让座"}))
    said = "细则里没有文明行为“让坐”的规则。"
    assert explain(decided(of, deed(category="让坐")), "zh-CN", of)[-1] == said
    assert explain(decided(of, deed(category="让坐")), "en", of)[-1] == "No rule of it is about a civil act “让坐”."
    assert said not in explain(decided(of, deed(category="让座")), "zh-CN", of, dry=True)


def test_a_referral_is_not_named_twice_and_what_counts_of_a_week_is_said_of_this_deed():
    of = pack(rule(when={"kind": "referral"}))
    assert explain(decided(of, deed("referral", category="推荐新志愿者")))[0].startswith(
        "2026-06-10 的“推荐新志愿者”，"
    )
    weekly = pack(rule(points={"per_hour": 2}, quantity={"at_most": 5, "per": "week"}))
    (counts,) = [tally.key for tally in facts_needed(weekly, deed()).tallies]
    made = decided(weekly, deed(quantity=Decimal(3)), tallies={counts: 4})
    assert "申报 3，按每周的规定只计 1；" in explain(made)[1]


def test_a_category_is_said_in_english_as_the_pack_translates_it():
    words = {"清洁家园": "cleaning up"}
    of = pack(rule(when={"kind": "act", "category": ["清洁家园", "让座"]}), words=words)
    assert of.rules[0].conditions[1].say() == ("类别是清洁家园、让座", "the category is cleaning up, 让座")


def test_a_milestone_that_lies_ahead_is_told_with_how_far_it_is():
    steps = [{"at": 5, "points": 20}, {"at": 10, "points": 50}]
    of = pack(rule(when={"kind": "service"}, points={"milestones": {"window": "year", "steps": steps}}))
    hours = deed("service", quantity=Decimal(2))
    (near,) = silent(of, decided(of, hours, tallies={"acts.milestones": 2}))
    assert (near.code, near.reason) == ("nothing", ("累计 4 小时，到 5 小时才奖", "4 hours in all; 5 asked"))
    (past,) = silent(of, decided(of, hours, tallies={"acts.milestones": 20}))
    assert past.reason.zh == "按规则算出来是 0 分"


def test_a_milestone_whose_points_come_to_nothing_is_not_taken_for_one_that_lies_ahead():
    steps = [{"at": 5, "points": 1}, {"at": 10, "points": 50}]
    red = {"title": text("red"), "when": {"team": "red"}, "factor": 1}
    less = {"coefficient": "less", "title": text("less"), "cases": [red], "otherwise": 0.5}
    shape = {"milestones": {"window": "year", "steps": steps}}
    of = pack(rule(when={"kind": "service"}, points=shape, coefficients=["less"]), coefficients=[less])
    hours = deed("service", quantity=Decimal(2))
    (there,) = silent(of, decided(of, hours, tallies={"acts.milestones": 4}))
    assert (there.code, there.reason.zh) == ("nothing", "按规则算出来是 0 分")


def test_whoever_has_a_tier_or_none_is_told_what_the_next_one_asks():
    needs = {"hours": {"at_least": 9, "window": "quarter"}, "points": {"at_least": 50, "window": "year"}}
    tiers = [{"tier": "gold", "title": {"zh": "金级", "en": "Gold level"}, "needs": needs}]
    of = pack(rule(), rule("more", when={"kind": "act", "tier": "gold"}, adds=True), tiers=tiers)
    none = decided(of, deed(), tallies={"tier.gold.hours": 10, "tier.gold.points": "20"})
    assert explain(none, "zh-CN", of)[1] == "当时没有等级；“金级”要求每季度 9 小时（当时 10），每年 50 分（当时 20）。"
    assert "“Gold level” asks 9 hours each quarter (there were 10)" in explain(none, "en", of)[1]
    gold = decided(of, deed(), tallies={"tier.gold.hours": 10, "tier.gold.points": "50"})
    assert explain(gold, "zh-CN", of)[1] == "当时的等级是“金级”。"
    assert explain(gold, "en", of)[1] == "The tier then was “Gold level”."
    only = pack(rule(), tiers=tiers)
    assert not any("等级" in line for line in explain(decided(only, deed()), "zh-CN", only))
