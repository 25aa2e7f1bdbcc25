"""The gate in: approved deeds become points, exactly once, and say why."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.journal.projector import project_all
from backend.kit import outbox
from backend.kit.auth import Role
from backend.kit.clock import fresh_id, now
from backend.kit.db import transaction
from backend.passbook import earn
from points.clock import FixedClock
from points.errors import Refused
from points.events import DeedApproved, DeedKind
from tests.app import DISTRICT
from tests.backend.passbook.small import opened
from tests.backend.passbook.stage import CASES, PACK, approve, fill_fund, points, publish_rules, put_in_force, told
from tests.cast import Cast


def test_an_approved_deed_becomes_points_and_explains_itself(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    earning = approve(resident)
    assert resident.get("/me/points").json["available"] == 20
    told = resident.get(f"/me/earnings/{earning}").json
    assert (told["state"], told["asked"], told["granted"]) == ("posted", 20, 20)
    assert any("20" in sentence for sentence in told["sentences"]["zh-CN"])
    assert any("20" in sentence for sentence in told["sentences"]["en"])


def test_the_statement_agrees_with_the_ledger(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    approve(resident)
    approve(resident, "帮助困难居民")
    project_all(DISTRICT)
    lines = resident.get("/me/statement").json["items"]
    assert [line["amount"] for line in lines] == [10, 20]
    assert lines[0]["balance"] == resident.get("/me/points").json["available"] == 30


def test_a_cap_cuts_the_third_deed_and_the_earning_says_so(cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    approve(resident)
    cut = approve(resident)
    nothing_left = approve(resident)
    assert resident.get("/me/points").json["available"] == 30
    told = resident.get(f"/me/earnings/{cut}").json
    assert (told["asked"], told["granted"], told["grants"][0]["cuts"][0]["granted"]) == (20, 10, 10)
    assert resident.get(f"/me/earnings/{nothing_left}").json["granted"] == 0


def test_a_deed_earns_once(cast: Cast) -> None:
    publish_rules(cast)
    resident = cast.resident()
    event = DeedApproved(
        id=fresh_id(), kind=DeedKind.ACT, category="抢险救灾", at=now(), resident=resident.id, district=DISTRICT
    )
    with transaction():
        earn.deed_approved(event, "staff:one")
    with pytest.raises(Refused) as refused, transaction():
        earn.deed_approved(event, "staff:two")
    assert refused.value.code == "deed_already_decided"


def test_a_fund_that_is_short_makes_points_wait_and_they_come_later(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    fill_fund(cast, 5)
    resident = cast.resident()
    earning = approve(resident)
    told = resident.get(f"/me/earnings/{earning}").json
    assert (told["state"], told["grants"][0]["reason"]) == ("waiting", "fund_short")
    assert "积分等待入账（资金池余额不足）。" in told["sentences"]["zh-CN"]
    assert any("由“文明积分基金”支付" in sentence for sentence in told["sentences"]["zh-CN"])
    fill_fund(cast, 100)
    clock.advance(seconds=120)
    assert outbox.deliver_due() == 1
    assert resident.get(f"/me/earnings/{earning}").json["state"] == "posted"
    assert resident.get("/me/points").json["available"] == 20


def test_points_that_waited_longer_than_the_ledger_knows_ids_still_come(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    resident = cast.resident()
    earning = approve(resident)
    clock.advance(days=62)
    fill_fund(cast)  # the ledger's floor rises with what is posted
    fill_fund(cast)
    for _ in range(3):
        clock.advance(seconds=400)
        outbox.deliver_due()
    back = cast.signed_in("resident", resident.id, ("resident",))
    assert told(back, earning)["state"] == "posted"
    assert points(back) == 20


def test_a_deed_without_rules_waits_for_a_pack(cast: Cast) -> None:
    fill_fund(cast)
    resident = cast.resident()
    earning = approve(resident)
    assert resident.get(f"/me/earnings/{earning}").json["state"] == "waiting_for_rules"
    publish_rules(cast)
    assert earn.decide_waiting(DISTRICT) == 1
    assert resident.get("/me/points").json["available"] == 20


def test_an_earning_of_somebody_else_is_not_found(cast: Cast) -> None:
    publish_rules(cast)
    earning = approve(cast.resident())
    assert cast.resident("吴谷雨").get(f"/me/earnings/{earning}").status_code == 404


def test_nothing_is_posted_when_the_approval_is_rolled_back(app: Flask, cast: Cast) -> None:
    publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    event = DeedApproved(
        id=fresh_id(), kind=DeedKind.ACT, category="抢险救灾", at=now(), resident=resident.id, district=DISTRICT
    )

    def cut_short() -> None:
        with transaction():
            earn.deed_approved(event, "staff:one")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        cut_short()
    assert resident.get("/me/points").json["available"] == 0
    assert resident.get("/me/earnings").json["items"] == []


def test_an_author_cannot_publish_their_own_pack(cast: Cast) -> None:
    both = cast.staff(Role.RULES_AUTHOR, Role.RULES_PUBLISHER)
    pack = both.post("/staff/rule-packs", {"text": PACK, "cases": CASES}).json["id"]
    answer = put_in_force(both, pack)
    assert (answer.status_code, answer.json["code"]) == (403, "second_person_needed")


def test_a_pack_with_a_mistake_is_refused_with_its_line(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    answer = author.post("/staff/rule-packs", {"text": PACK.replace("rounding: down", "rounding: sideways")})
    assert (answer.status_code, answer.json["code"]) == (422, "rule_pack_invalid")
    assert "21: not_in_list" in answer.json["detail"]


def test_a_street_that_the_rules_ask_for_is_said_by_its_name(cast: Cast) -> None:
    there = "- {rule: there, title: {zh: 那里, en: There}, when: {kind: act, category: 让座, street: '370112002'}"
    opened(cast, there + ", points: {each: 5}}")
    resident = cast.resident()
    seen = told(resident, approve(resident, "让座"))
    assert seen["sentences"]["zh-CN"][-1] == "规则“那里”：条件不符：要求街道是洪家楼街道。"
    assert "the street is 洪家楼街道" in seen["sentences"]["en"][-1]
    assert any("要求街道是洪家楼街道" in why for why in seen["silent"]["zh-CN"])
