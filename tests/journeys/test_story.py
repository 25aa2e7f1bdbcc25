"""The main job, end to end, as a newcomer sees it: `civic demo`, twice, on both databases."""

from __future__ import annotations

import csv
import gzip
import re

import pytest

from backend.cli.demo.counting import ENTRIES, WITHOUT_POINTS
from backend.cli.demo.tickets import REAL, SAMPLE
from backend.journal.models import NAMED_BY_LEDGER
from points.ledger.request import KINDS
from tests.journeys.conftest import Telling
from tests.journeys.running import civic

SAID = {
    "sign-in": "错误的微信码被拒绝：wechat_code_invalid",
    "real tables": "采用的真实公布的积分表：陕西岚皋 道德银行；黑龙江海林市 社区志愿者积分奖励制度。",
    "what was made up": "小广告与乱涂乱画立案（5、2 分）",
    "own claim": "审核自己的申报被拒绝：own_claim",
    "cap": "应得 20 分，被每月上限截为 10 分",
    "assessed": "是一个幅度，5 至 10 分；审核员评定 8 分",
    "reason": "居民看到的理由：“照片看不清地点，请补充说明。”",
    "overturned": "结果：改判通过，得 10 分",
    "duplicate": "4 张立案，另 1 张与其中一张重复",
    "band": "李秋分的 3 张依次得 5、5、2 分",
    "stars": "评价 5 星（满分 5 星）",
    "flat points": "所得 10 分是积分表（陕西岚皋 道德银行）对“参加社区活动”每次固定的分值，不论时长",
    "redeemed": "3 位居民各兑一份，由店员扫码核销，共 30 分，剩余库存 0",
    "second capture": "重复核销 hold_captured",
    "expired code": "过期的码 code_expired",
    "fourth redemption": "第四次兑换 out_of_stock",
    "settled": "与商户结算 30 分，结算后余额 0 分",
    "proof": "账本与流水一致",
}
DUE = re.compile(r"答复期限：\d{4}年\d+月\d+日（星期[一二三四五六日]）24:00，北京时间。")
HEAD = re.compile(r"ledger head: (\d+) ([0-9a-f]{40})")
FIGURES = {
    "居民登录（人）": "4",
    "工作人员（人）": "10",
    "店员（人）": "1",
    "合作系统": "1",
    "申报的行为": "5",
    "审核通过": "4",
    "不予通过（附理由）": "1",
    "申诉": "1",
    "申诉后改判": "1",
    "志愿服务签到": "1",
    "队长确认的服务": "1",
    "居民上报的工单": "5",
    "其中重复上报": "1",
    "合作系统的工单": "1",
    "文明行为所得": "5 58",
    "志愿服务所得": "1 10",
    "随手拍所得": "5 23",
    "被上限截去": "1 10",
    "账本：资金注入": "1 100,000",
    "账本：积分发放": "11 91",
    "账本：奖品发布或更改": "1",
    "账本：库存调整": "1",
    "账本：兑换预留": "3 30",
    "账本：商户核销": "3 30",
    "账本：商户结算": "1 30",
    "被拒绝：错误的微信码": "1",
    "被拒绝：审核本人的申报": "1",
    "被拒绝：重复核销": "1",
    "被拒绝：过期的码": "1",
    "被拒绝：第四次兑换": "1",
}
"""Each line of the table but the imported tickets: how often, and the points where it moves any."""
POSTINGS = 21
"""1 top-up, 11 grants, 1 offer and its stock, 3 holds, 3 captures, 1 settlement."""


@pytest.mark.timeout(600)
def test_the_story_is_told_whole_and_a_second_telling_changes_nothing(telling: Telling) -> None:
    data, environment = telling.data, telling.environment
    first = telling.first.ended()
    assert first.returncode == 0, first.stdout + first.stderr
    assert [what for what, words in SAID.items() if words not in first.stdout] == []
    assert DUE.search(first.stdout)
    assert table(first.stdout) == FIGURES | {"导入的工单": f"{rows_to_import():,}"}
    assert [int(number) for number, _ in HEAD.findall(first.stdout)] == [POSTINGS]
    second = civic(*Telling.words(data), env=environment)
    assert second.returncode == 0, second.stdout + second.stderr
    assert [what for what, words in SAID.items() if words not in second.stdout] == []
    assert HEAD.findall(second.stdout) == HEAD.findall(first.stdout)
    assert table(second.stdout) == table(first.stdout)
    assert "Traceback" not in first.stderr + second.stderr
    verified = civic("ledger", "verify", "--data", str(data), env=environment)
    assert (verified.returncode, "账本与流水一致" in verified.stdout) == (0, True), verified.stderr


def test_every_kind_of_entry_has_its_line_in_the_table() -> None:
    assert set(ENTRIES) == {*KINDS.values(), *NAMED_BY_LEDGER}
    assert set(ENTRIES) > WITHOUT_POINTS


def table(told: str) -> dict[str, str]:
    """The figures at the end of the story: each line's Chinese name, and its count and points as printed."""
    rows = [[cell.strip() for cell in line.split("│")] for line in told.splitlines() if line.count("│") == 3]
    found = {zh: f"{count} {points}".strip() for zh, _, count, points in rows}
    assert len(found) == len(rows)
    return found


def rows_to_import() -> int:
    """How many tickets the story has to import: the real ones where they lie beside the project."""
    with gzip.open(REAL, "rt", encoding="utf-8") if REAL.exists() else SAMPLE.open(encoding="utf-8") as file:
        return sum(1 for _ in csv.DictReader(file))
