"""Tickets that were verified and filed earn: the first in full, later ones a token, imported ones never."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from backend.kit.auth import Role
from backend.kit.db import db
from backend.passbook.models import Earning
from backend.settings import CONFIG
from points.clock import FixedClock
from tests.app import NOON
from tests.backend.passbook.stage import put_in_force
from tests.backend.tickets.town import PLACE, Town
from tests.cast import Cast, Person

PACK = (CONFIG / "rules" / "370112-demo.yaml").read_text(encoding="utf-8")
CASES = (CONFIG / "rules" / "cases" / "370112-demo.yaml").read_text(encoding="utf-8")
CASES = (CONFIG / "rules" / "cases" / "370112-demo.yaml").read_text(encoding="utf-8")


@pytest.fixture
def rules(cast: Cast) -> None:
    """Rules in force and a fund that is full."""
    pack = cast.staff(Role.RULES_AUTHOR).post("/staff/rule-packs", {"text": PACK, "cases": CASES}).json["id"]
    assert put_in_force(cast.staff(Role.RULES_PUBLISHER), pack).status_code == 200
    manager = cast.staff(Role.FUND_MANAGER)
    assert manager.post("/staff/funds/civic/top-ups", {"amount": 10_000, "memo": "赞助"}).status_code == 201


def points(person: Person, ticket: str) -> int:
    earning = person.get(f"/tickets/{ticket}").json["earning"]
    return int(person.get(f"/me/earnings/{earning}").json["granted"])


def test_the_first_reporter_earns_in_full_and_the_second_a_token(town: Town, rules: None) -> None:
    first = town.report()
    second = town.report(town.second)
    town.step(town.desk, first, "verify")
    filed = town.step(town.desk, second, "verify", duplicate_of=first)
    assert (filed["duplicate_of"], filed["rank"]) == (first, 2)
    assert (points(town.reporter, first), points(town.second, second)) == (10, 1)
    assert town.reporter.get("/me/points").json["available"] == 10


def test_a_duplicate_takes_the_class_of_its_original_so_that_it_cannot_be_first_in_another(
    town: Town, rules: None
) -> None:
    first = town.filed()
    second = town.report(town.second, category="道路保洁")
    filed = town.step(town.desk, second, "verify", duplicate_of=first, category="路面破损")
    assert filed["category"] == "暴露垃圾"
    assert points(town.second, second) == 1


def test_the_rules_are_told_what_when_and_where(town: Town) -> None:
    ticket = town.report()
    town.wait(hours=5)
    town.step(town.desk, ticket, "verify")
    deed = db.session.query(Earning).one()
    assert (deed.kind, deed.deed, deed.category, deed.street) == ("ticket", ticket, "暴露垃圾", "370112001")
    assert (deed.resident, deed.place, deed.approver) == (town.reporter.id, ticket, town.desk.kind + ":" + town.desk.id)
    assert deed.at == NOON


def test_a_ticket_verified_twice_with_one_key_earns_once(town: Town, rules: None, clock: FixedClock) -> None:
    from points.ids import new_id

    ticket, key = town.report(), new_id(clock.now())
    answers = [town.desk.post(f"/tickets/{ticket}/verify", {}, key=key) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert town.reporter.get("/me/points").json["available"] == 10


def test_two_members_of_staff_verifying_at_once_file_it_once(app: Flask, town: Town, rules: None) -> None:
    ticket = town.report()
    desks = [town.cast.staff(Role.DISPATCHER) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda desk: desk.post(f"/tickets/{ticket}/verify"), desks))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert db.session.query(Earning).count() == 1


def test_a_reopened_ticket_does_not_earn_again(town: Town, rules: None) -> None:
    ticket = town.closed()
    town.step(town.reporter, ticket, "reopen", reason="没有清干净")
    town.step(town.handler, ticket, "fix", note="再次清运")
    town.step(town.walker, ticket, "check", passed=True)
    assert town.reporter.get("/me/points").json["available"] == 10


def test_the_reporter_on_the_desk_cannot_give_themselves_points(town: Town, rules: None) -> None:
    also = town.cast.staff(Role.DISPATCHER, resident=town.reporter.id)
    assert also.post(f"/tickets/{town.report()}/verify").json["code"] == "own_ticket"
    assert db.session.query(Earning).count() == 0


def near(metres_north: float) -> dict[str, object]:
    return PLACE | {"lat": PLACE["lat"] + metres_north / 111_195}


def suggested(town: Town, ticket: str) -> list[str]:
    return [s["ticket"] for s in town.desk.get(f"/tickets/{ticket}/duplicates").json["items"]]


def test_an_earlier_open_ticket_nearby_is_suggested_nearest_first(town: Town) -> None:
    far, close = town.report(position=near(40)), town.report(position=near(10))
    assert suggested(town, town.report(town.second)) == [close, far]


def test_what_is_too_far_of_another_class_too_old_or_ended_is_not_suggested(town: Town) -> None:
    town.report(position=near(55))
    town.report(category="道路保洁")
    town.step(town.desk, town.report(), "refuse", reason="不属实")
    town.closed()
    old = town.report()
    town.wait(days=7, seconds=1)
    assert suggested(town, town.report(town.second)) == []
    town.wait(days=-1)
    assert suggested(town, town.report(town.second)) == [old]


def test_a_later_ticket_is_not_suggested_for_an_earlier_one(town: Town) -> None:
    first = town.report()
    town.wait(hours=1)
    town.report(town.second)
    assert suggested(town, first) == []


def test_a_ticket_without_a_position_has_no_suggestions(town: Town) -> None:
    town.report()
    assert suggested(town, town.report(position=None, address="洪楼广场")) == []


def test_a_suggestion_closes_nothing_by_itself(town: Town) -> None:
    first, second = town.report(), town.report(town.second)
    suggested(town, second)
    assert {town.desk.get(f"/tickets/{t}").json["state"] for t in (first, second)} == {"received"}


def unfit(town: Town, ticket: str, original: str) -> str:
    answer = town.desk.post(f"/tickets/{ticket}/verify", {"duplicate_of": original})
    assert town.desk.get(f"/tickets/{ticket}").json["state"] == "received"
    return f"{answer.status_code} {answer.json['code']}"


def test_a_duplicate_is_of_an_earlier_filed_open_ticket_that_is_no_duplicate(town: Town) -> None:
    received, closed, first = town.report(), town.closed(), town.filed()
    child = town.report(town.second)
    town.step(town.desk, child, "verify", duplicate_of=first)
    town.wait(hours=1)
    ticket = town.report(town.second)
    town.wait(hours=1)
    later = town.filed()
    for original in (received, closed, child, later, ticket):
        assert unfit(town, ticket, original) == "409 ticket_original_unfit"
    assert unfit(town, ticket, "00000000-0000-7000-8000-000000000000") == "404 not_found"
    third = town.step(town.desk, ticket, "verify", duplicate_of=first)
    assert third["rank"] == 3


def test_a_duplicate_is_handled_and_closed_with_its_original(town: Town) -> None:
    first, second = town.dispatched(), town.report(town.second)
    town.step(town.desk, second, "verify", duplicate_of=first)
    answer = town.desk.post(f"/tickets/{second}/dispatch", {"unit": "roads"})
    assert (answer.status_code, answer.json["code"]) == (409, "ticket_follows_original")
    town.step(town.handler, first, "fix", note="已清运")
    town.step(town.walker, first, "check", passed=True)
    seen = town.second.get(f"/tickets/{second}").json
    assert (seen["state"], seen["closed_at"] is not None) == ("closed", True)
    assert seen["steps"][-1]["step"] == "close_with_original"
    assert town.step(town.second, second, "rate", score=4)["state"] == "rated"


def test_reopening_a_duplicate_reopens_its_original(town: Town) -> None:
    first, second = town.dispatched(), town.report(town.second)
    town.step(town.desk, second, "verify", duplicate_of=first)
    town.step(town.handler, first, "fix", note="已清运")
    town.step(town.walker, first, "check", passed=True)
    town.step(town.second, second, "reopen", reason="仍有异味")
    assert town.desk.get(f"/tickets/{first}").json["state"] == "dispatched"
    assert town.desk.get(f"/tickets/{second}").json["state"] == "filed"
    town.step(town.handler, first, "fix", note="再次清运")
    town.step(town.walker, first, "check", passed=True)
    assert town.second.get(f"/tickets/{second}").json["state"] == "closed"
