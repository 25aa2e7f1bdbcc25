"""Step: the words by which a pack pays for money given or for a rank, whatever key they stand under."""

from __future__ import annotations

import re
import unicodedata

_GIVEN = re.compile(
    r"捐款|捐钱|捐錢|捐资|捐資|善款|募捐|打赏|出资|捐赠财物|捐助财物|众筹|赞助款|赞助费|赞助金|爱心款"
    r"|donat\w*(money|cash|funds|yuan)|(money|cash)donat"
)
_GIVING = re.compile(r"捐赠|捐贈|捐助|认捐|乐捐|捐[0-9零一二两三四五六七八九十百千万几]+[元块圆万]|donat|charitablegiv")
_OF_GOODS = re.compile(
    r"血|浆|髓|器官|遗体|角膜|物|衣|书|粮|米|油|药|玩具|家具|家电|电脑|自行车|被|食|菜|时间|时数|技能"
    r"|blood|plasma|marrow|organ|goods|cloth|book|food|item|toy|time|hour|skill|furnitur|medic|bike|bicycl"
)
_HARMLESS = ("不排名", "名额", "减分类")
_NO_FINES = tuple(f"{word}处罚" for word in ("协助", "配合", "不", "免", "免于", "免予"))
_CASH = re.compile(
    r"现金|現金|红包|美金|美元|港币|港元|英镑|欧元|外币|[0-9百千万][块元圆][钱整每人]|[0-9百千万][块元圆]$"
    r"|[0-9]+(?:usd|hkd|cny|rmb)"
)
_CURRENCY = re.compile(r"(?<![a-z])(?:usd|hkd|eur|gbp|jpy|twd|cny|rmb)(?![a-z])")
"""Looked for where blanks still part the words: without them `campus day` holds one."""
_SIMPLE = str.maketrans("減罰處紅報後級臺幣塊錢鎊歐評", "减罚处红报后级台币块钱镑欧评")
"""Of the traditional characters those that stand in what is refused."""
_FOUND = re.compile(r"拾|捡|失|还|交|诈|骗|拒|found|lost|return")
_RANK = re.compile(
    r"名次|排名|排行|名列前|冠军|亚军|季军|榜首|上榜|leaderboard|ranking(?!s)|top[0-9]+"
    r"|前[0-9一二两三四五六七八九十百]+[名位强甲]|前[0-9一二两三四五六七八九十百]+$|第[0-9一二三四五六七八九十百]+名"
)
_NUMBER = "[0-9零一二两三四五六七八九十百千万几]+"
_SUM = re.compile(
    "|".join(f"{word}{_NUMBER}[元块圆万]" for word in ("爱心", "慰问", "资助", "赞助", "奉献", "给", "送"))
)
_MINUS = re.compile(
    r"扣[0-9零一二两三四五六七八九十百几]*分|减[0-9零一二两三四五六七八九十百几]+分|罚分|罚款|黑名单|失信|信用分|信用积分|诚信分"
    r"|减分|处罚|落后通报|落后曝光|通报批评|曝光台|黑榜"
    r"|信用等级|信用评级|信用评分|不良记录|demerit|penalt|blacklist|creditscore|socialcredit|deduct"
)
_MONEY_UNIT = re.compile(
    r"元|块钱|塊錢|毛钱|角钱|分钱|钱|人民币|[¥￥$€£]|美金|港币|英镑|外币|捐|yuan|cny|rmb|dollar|euro|money|cash|donat"
)
_MONEY_ALONE = frozenset({"块", "毛", "角", "圆", "元", "jiao", "fen", "usd", "eur", "gbp", "hkd", "jpy", "twd"})


def idea_of(text: str) -> str | None:
    """`points_for_money`, `minus_points` or `cash_by_ranking` when a pack's own words mean it, or None.

    Giving blood or goods, and handing in money that was found, are deeds like others; what somebody did wrong is no
    fact that rules look at.
    """
    plain = _plain(text)
    given = _GIVEN.search(plain) or (_GIVING.search(plain) and not _OF_GOODS.search(plain))
    cash = _CASH.search(plain) or _CURRENCY.search(unicodedata.normalize("NFKC", text).lower())
    if given or _SUM.search(plain) or (cash and not _FOUND.search(plain)):
        return "points_for_money"
    if _MINUS.search(plain):
        return "minus_points"
    return "cash_by_ranking" if _RANK.search(plain) else None


def is_money(unit: str) -> bool:
    """Whether a unit is one of money."""
    plain = _plain(unit)
    return plain in _MONEY_ALONE or _MONEY_UNIT.search(plain) is not None


def _plain(text: str) -> str:
    """In one width, small letters, without blanks, marks and what cannot be seen."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLE)
    for harmless in (*_HARMLESS, *_NO_FINES):
        folded = folded.replace(harmless, "")
    return "".join(each for each in folded if each.isalnum() or unicodedata.category(each) == "Sc")
