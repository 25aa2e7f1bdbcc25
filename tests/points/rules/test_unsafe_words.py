"""Points for money given and for ranks are refused whatever words and keys they come under; good deeds are not."""

import pytest

from tests.points.rules.packs import rule, text
from tests.points.rules.test_problems import codes

MONEY, RANK, MINUS = ["points_for_money"], ["cash_by_ranking"], ["minus_points"]


def bag(zh, en="unit"):
    return rule(points={"per_unit": {"unit": {"zh": zh, "en": en}, "points": 2}})


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (rule(when={"kind": "act", "category": "慈善捐赠"}), MONEY),
        (rule(when={"kind": "act", "category": ["助人", "爱心捐助"]}), MONEY),
        (rule(when={"kind": "act", "category": "捐 款"}), MONEY),
        (rule(when={"kind": "act", "attributes": {"kind": "捐款"}}), MONEY),
        (rule(when={"kind": "act", "attributes": {"善款": True}}), MONEY),
        (rule(when={"kind": "act", "attributes": {"名次": 1}}), RANK),
        (rule(when={"kind": "act", "attributes": {"结果": "前三名"}}), RANK),
        (rule(title={"zh": "捐款一百元", "en": "help"}), MONEY),
        (rule(title={"zh": "助人", "en": "Donations"}), MONEY),
        (rule(title={"zh": "捐一百元", "en": "help"}), MONEY),
        (rule(title={"zh": "现金资助", "en": "help"}), MONEY),
        (rule(title={"zh": "季度排名第一", "en": "help"}), RANK),
        (rule(points={"table": {"by": "名次", "values": {"一": 5}}}), RANK),
        (rule(points={"table": {"by": "category", "values": {"乐捐": 5}}}), MONEY),
        (rule(**{"class": "捐钱"}), MONEY),
        (rule(when={"kind": "act", "category": "众筹"}), MONEY),
        (rule(title={"zh": "赞助款", "en": "help"}), MONEY),
        (rule(title={"zh": "献爱心100元", "en": "help"}), MONEY),
        (rule(title={"zh": "榜首", "en": "help"}), RANK),
        (rule(title={"zh": "每月前三", "en": "help"}), RANK),
        (rule(title={"zh": "助人", "en": "Monthly ranking"}), RANK),
        (rule(title={"zh": "助人", "en": "Top 10"}), RANK),
        (rule(title={"zh": "违章扣五分", "en": "help"}), MINUS),
        (rule(title={"zh": "扣分", "en": "help"}), MINUS),
        (rule(when={"kind": "act", "attributes": {"失信": True}}), MINUS),
        (rule(when={"kind": "act", "category": "移出黑名单"}), MINUS),
        (rule(title={"zh": "信用分达标", "en": "help"}), MINUS),
        (bag("USD"), MONEY),
        (bag("美金"), MONEY),
        (bag("港币"), MONEY),
        (bag("块钱"), MONEY),
        (bag("毛"), MONEY),
        (bag("人民币"), MONEY),
        (bag("￥"), MONEY),
    ],
)
def test_money_and_ranks_are_refused_under_other_words(made, found):
    assert codes(made) == found


@pytest.mark.parametrize(
    "words",
    ["迟到减分", "減分", "处罚", "违规處罰", "落后通报", "曝光台", "红黑榜", "信用等级", "信用等級", "通报批评"],
)
def test_what_shames_or_costs_is_refused_under_other_words(words):
    assert codes(rule(title={"zh": words, "en": "help"})) == MINUS
    assert codes(rule(when={"kind": "act", "category": words})) == MINUS


@pytest.mark.parametrize(
    "words",
    ["100块", "１００块钱", "一百块", "每人100元", "USD", "100 USD", "50usd", "美金", "港币", "港幣", "Five EUR"],
)
def test_money_of_any_land_is_refused(words):
    assert codes(rule(title={"zh": words, "en": "help"})) == MONEY


GOOD = ["无偿献血", "捐献造血干细胞", "捐赠旧衣物", "捐赠图书", "拾到现金上交", "协助追回被骗现金", "拒收红包"]


@pytest.mark.parametrize("words", GOOD)
def test_giving_blood_or_goods_and_handing_in_what_was_found_are_deeds_like_others(words):
    assert codes(rule(title=text(words), when={"kind": "act", "category": words})) == []


FREE = [
    "协助处罚乱停",
    "清理100块绿地",
    "大家一块",
    "三元社区",
    "减分类垃圾",
    "campus day",
    "bus driver",
    "拾到港币上交",
]


@pytest.mark.parametrize(
    "words", ["元宵节值守", "不排名的活动", "排查隐患", "Blood donation", "Returning found cash", *FREE]
)
def test_words_that_only_look_alike_are_free(words):
    assert codes(rule(title=text(words))) == []


@pytest.mark.parametrize("unit", ["袋", "块肥皂", "根羽毛", "公里", "次"])
def test_units_of_things_are_free(unit):
    assert codes(bag(unit)) == []


def test_categories_are_looked_at_too():
    assert codes(categories={"act": ["慈善捐赠"]}) == MONEY
    assert codes(words={"捐款": "x"}) == MONEY
