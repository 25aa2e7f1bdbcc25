"""Reviewers decide: what is approved earns once, what is refused has a reason, and nobody decides for themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.passbook.models import Earning
from tests.app import DISTRICT
from tests.backend.acts.stage import act, declared, no, refused, rules_in_force
from tests.cast import Cast, Person
from tests.pictures import drawn, saved, sent


def actions() -> list[tuple[str, str]]:
    lines = db.session.scalars(rows(AuditLine, DISTRICT).order_by(AuditLine.number))
    return [(line.actor, line.action) for line in lines if line.action.startswith("act.")]


def test_an_approved_act_earns_its_points(cast: Cast) -> None:
    rules_in_force(cast)
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    identifier = declared(resident)
    decided = reviewer.post(f"/acts/{identifier}/review", {"decision": "approve", "reason": "情况属实。"})
    assert (decided.status_code, decided.json["state"]) == (200, "approved")
    seen = resident.get(f"/acts/{identifier}").json
    assert (seen["state"], seen["reason"]) == ("approved", "情况属实。")
    earning = resident.get(f"/me/earnings/{seen['earning']}").json
    assert (earning["state"], earning["granted"]) == ("posted", 20)
    assert resident.get("/me/points").json["available"] == 20
    assert actions() == [(f"staff:{reviewer.id}", "act.approved")]


def test_an_act_approved_before_there_are_rules_waits_for_them(cast: Cast) -> None:
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    identifier = declared(resident)
    assert reviewer.post(f"/acts/{identifier}/review", {"decision": "approve"}).status_code == 200
    assert db.session.scalars(rows(Earning, DISTRICT)).one().deed == identifier


def test_a_refused_act_earns_nothing_and_says_why(cast: Cast) -> None:
    rules_in_force(cast)
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    seen = resident.get(f"/acts/{refused(resident, reviewer)}").json
    assert (seen["state"], seen["reason"], seen["earning"]) == ("refused", "照片看不清。", None)
    assert seen["may_appeal_until"] == "2026-12-20T04:00:00+00:00"
    assert resident.get("/me/points").json["available"] == 0
    assert actions() == [(f"staff:{reviewer.id}", "act.refused")]


def test_what_reviewers_note_is_for_reviewers_alone(cast: Cast) -> None:
    resident, reviewer = cast.resident("赵小满"), cast.staff(Role.REVIEWER)
    identifier = declared(resident)
    body = {"decision": "refuse", "reason": "照片看不清。", "note": "与上周那张很像"}
    staff_side = reviewer.post(f"/acts/{identifier}/review", body).json["staff"]
    assert staff_side == {
        "resident": resident.id,
        "resident_name": "赵**",
        "marks": [],
        "reviewer": f"staff:{reviewer.id}",
        "note": "与上周那张很像",
        "appeal_answerer": None,
    }
    for path in (f"/acts/{identifier}", "/acts"):
        text = resident.get(path).text
        assert "与上周那张很像" not in text
        assert reviewer.id not in text


def test_a_reviewer_is_told_of_photos_that_look_like_others(cast: Cast) -> None:
    one, other = cast.resident(), cast.resident("钱大雪")
    first = act(one, 1)
    one.post("/acts", first)
    again = sent(other, saved(drawn(1), quality=60)).json["id"]
    identifier = declared(other, photos=[again])
    seen = cast.staff(Role.REVIEWER).get(f"/acts/{identifier}").json
    assert seen["staff"]["marks"] == [f"others:{first['photos'][0]}"]


def test_a_reviewer_sees_the_photos_of_an_act(cast: Cast) -> None:
    reviewer = cast.staff(Role.REVIEWER)
    seen = reviewer.get(f"/acts/{declared(cast.resident())}").json
    assert reviewer.get(f"/photos/{seen['photos'][0]}/file", size="thumb").status_code == 200


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_nobody_reviews_an_act_of_their_own(cast: Cast, decision: str) -> None:
    resident = cast.resident()
    reviewer = cast.staff(Role.REVIEWER, Role.SECOND_REVIEWER, resident=resident.id)
    identifier = declared(resident)
    body = {"decision": decision, "reason": "本人"}
    assert no(reviewer.post(f"/acts/{identifier}/review", body)) == (403, "own_claim")
    assert "staff" not in reviewer.get(f"/acts/{identifier}").json
    assert resident.get(f"/acts/{identifier}").json["state"] == "declared"


@pytest.mark.parametrize("first", ["approve", "refuse"])
@pytest.mark.parametrize("second", ["approve", "refuse"])
def test_an_act_is_decided_once(cast: Cast, first: str, second: str) -> None:
    rules_in_force(cast)
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    identifier = declared(resident)
    assert reviewer.post(f"/acts/{identifier}/review", {"decision": first, "reason": "一"}).status_code == 200
    again = reviewer.post(f"/acts/{identifier}/review", {"decision": second, "reason": "二"})
    assert no(again) == (409, "wrong_state")
    assert resident.get("/me/points").json["available"] == (20 if first == "approve" else 0)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "invalid_fields"),
    ({"decision": "maybe"}, "invalid_fields"),
    ({"decision": None}, "invalid_fields"),
    ({"decision": "refuse"}, "reason_needed"),
    ({"decision": "refuse", "reason": "  "}, "reason_needed"),
    ({"decision": "refuse", "reason": "长" * 501}, "invalid_fields"),
    ({"decision": "approve", "points": -1}, "invalid_fields"),
    ({"decision": "approve", "earning": 1000}, "invalid_fields"),
    ({"decision": "approve", "note": 5}, "invalid_fields"),
]


def test_a_review_that_is_not_right_is_refused(cast: Cast) -> None:
    identifier, reviewer = declared(cast.resident()), cast.staff(Role.REVIEWER)
    for body, code in WRONG:
        assert (body, no(reviewer.post(f"/acts/{identifier}/review", body))) == (body, (422, code))


def test_other_staff_have_no_part_in_reviews(cast: Cast) -> None:
    identifier = declared(cast.resident())
    for role in (Role.DISPATCHER, Role.FUND_MANAGER, Role.ADMIN, Role.AUDITOR):
        person = cast.staff(role)
        assert no(person.post(f"/acts/{identifier}/review", {"decision": "approve"})) == (403, "not_permitted")
        assert no(person.get("/staff/acts")) == (403, "not_permitted")
        assert no(person.get(f"/acts/{identifier}")) == (403, "not_permitted")


def test_a_resident_reviews_nothing(cast: Cast) -> None:
    resident = cast.resident()
    answer = resident.post(f"/acts/{declared(resident)}/review", {"decision": "approve"})
    assert no(answer) == (403, "not_permitted")


def test_reviewers_list_the_acts_in_a_state(cast: Cast) -> None:
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    waiting, done = declared(resident, 1), refused(resident, reviewer, 2)
    for state, expected in ((None, {waiting, done}), ("declared", {waiting}), ("refused", {done}), ("approved", set())):
        listed = reviewer.get("/staff/acts", **({"state": state} if state else {})).json["items"]
        assert {item["id"] for item in listed} == expected
    assert no(reviewer.get("/staff/acts", state="lost")) == (422, "invalid_fields")


def test_two_reviewers_at_once_decide_once_and_it_earns_once(cast: Cast) -> None:
    rules_in_force(cast)
    resident = cast.resident()
    identifier = declared(resident)
    reviewers = [cast.staff(Role.REVIEWER) for _ in range(4)]

    def decide(reviewer: Person) -> int:
        return reviewer.post(f"/acts/{identifier}/review", {"decision": "approve"}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(decide, reviewers)) == [200, 409, 409, 409]
    assert len(db.session.scalars(rows(Earning, DISTRICT)).all()) == 1
    assert resident.get("/me/points").json["available"] == 20
    assert len(actions()) == 1


def test_points_within_a_rules_range_are_the_reviewers(cast: Cast) -> None:
    rules_in_force(cast)
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    identifier = declared(resident, category="拾金不昧")
    outside = reviewer.post(f"/acts/{identifier}/review", {"decision": "approve", "points": 11})
    assert no(outside) == (422, "rules_assessed_outside_range")
    assert reviewer.get(f"/acts/{identifier}").json["state"] == "declared"
    assert reviewer.post(f"/acts/{identifier}/review", {"decision": "approve", "points": 8}).status_code == 200
    assert resident.get("/me/points").json["available"] == 8
