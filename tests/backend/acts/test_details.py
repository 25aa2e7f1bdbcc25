"""What an act says beyond its category is declared by the resident; what is paid for is what the reviewer approved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from backend.acts.models import Act
from backend.kit.auth import Role
from backend.kit.db import db, find, transaction
from tests.app import DISTRICT
from tests.backend.acts.stage import act, declared, no, refused
from tests.backend.passbook.stage import PACK, fill_fund, publish_rules
from tests.backend.volunteering.stage import Stage, activity
from tests.cast import Cast, Person

HELP = "参加社区活动"
BY_BAG = PACK.replace(
    "- rule: referral\n",
    """- rule: acts.bags
  title: {zh: 每袋, en: Each bag}
  when: {kind: act, category: 参加社区活动}
  adds: true
  points: {per_unit: {unit: {zh: 袋, en: bag}, points: 1}}

- rule: referral
""",
)
ONCE = PACK.replace(
    "- rule: referral\n",
    """- rule: acts.once
  title: {zh: 同一户一次, en: Once for the same home}
  when: {kind: act, category: 参加社区活动}
  adds: true
  points: {each: 3}
  times: {at_most: 1, same: [about], window: lifetime}

- rule: referral
""",
)


@pytest.fixture
def reviewer(cast: Cast) -> Person:
    publish_rules(cast, BY_BAG)
    fill_fund(cast)
    return cast.staff(Role.REVIEWER)


def approve(reviewer: Person, identifier: str, **more: Any) -> Any:
    answer = reviewer.post(f"/acts/{identifier}/review", {"decision": "approve"} | more)
    assert answer.status_code == 200, answer.text
    return answer.json


def paid_for(resident: Person) -> dict[str, Any]:
    (earning,) = resident.get("/me/earnings").json["items"]
    event: dict[str, Any] = resident.get(f"/me/earnings/{earning['id']}").json["decision"]["event"]
    return event


def test_a_declared_quantity_is_paid_for_as_approved(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    shown = approve(reviewer, declared(resident, category=HELP, quantity="3", place="唐冶街道 3 号公园"))
    assert shown["approved"] == shown["declared"]
    assert (shown["approved"]["quantity"], shown["approved"]["place"]) == ("3", "唐冶街道 3 号公园")
    assert resident.get("/me/points").json["available"] == 13
    assert paid_for(resident)["place"] == "唐冶街道 3 号公园"


def test_what_the_reviewer_changed_is_paid_for_and_both_are_shown(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    made = declared(resident, category=HELP, quantity="30", place="公园", about="王奶奶")
    shown = approve(reviewer, made, quantity="2", place=None)
    assert (shown["declared"]["quantity"], shown["approved"]["quantity"]) == ("30", "2")
    assert (shown["declared"]["place"], shown["approved"]["place"]) == ("公园", None)
    assert shown["approved"]["about"] == "王奶奶"
    assert resident.get("/me/points").json["available"] == 12
    event = paid_for(resident)
    assert (event["quantity"], event.get("place")) == ("2", None)
    assert resident.get(f"/acts/{made}").json["approved"]["quantity"] == "2"


def test_whom_it_was_about_is_kept_sealed_and_known_again(cast: Cast) -> None:
    publish_rules(cast, ONCE)
    fill_fund(cast)
    resident, reviewer = cast.resident(), cast.staff(Role.REVIEWER)
    approve(reviewer, declared(resident, 1, category=HELP, about="王奶奶 家"))
    assert resident.get("/me/points").json["available"] == 13
    approve(reviewer, declared(resident, 2, category=HELP, about="王奶奶　家"))  # the same in another width
    assert resident.get("/me/points").json["available"] == 23
    approve(reviewer, declared(resident, 3, category=HELP), about="李爷爷家")
    assert resident.get("/me/points").json["available"] == 36
    for table in ("act", "earning"):
        kept = str(db.session.execute(text(f"SELECT * FROM {table}")).all())
        assert "王奶奶" not in kept
        assert json.dumps("王奶奶").strip('"') not in kept
    db.session.rollback()


def test_a_team_and_an_activity_are_the_districts_own(cast: Cast, reviewer: Person) -> None:
    stage = Stage.set_up(cast)
    planned = stage.leader.post("/activities", activity(stage.team)).json["id"]
    resident = cast.resident()
    shown = approve(reviewer, declared(resident, category=HELP, team=stage.team, activity=planned))
    assert (shown["approved"]["team"], shown["approved"]["activity"]) == (stage.team, planned)
    assert (paid_for(resident)["team"], paid_for(resident)["activity"]) == (stage.team, planned)
    open_act = declared(resident, 3, category=HELP)
    for wrong in ({"team": planned}, {"activity": stage.team}):
        assert no(resident.post("/acts", act(resident, 2, **wrong))) == (422, "act_names_nothing")
        assert no(reviewer.post(f"/acts/{open_act}/review", {"decision": "approve"} | wrong)) == (
            422,
            "act_names_nothing",
        )
        assert reviewer.get(f"/acts/{open_act}").json["state"] == "declared"


@pytest.mark.parametrize("field", ["place", "about"])
@pytest.mark.parametrize(
    "odd", ["ß" * 60, "\ufdfa" * 60, "\u0149" * 40, "\u200b", "\u00ad", "\u3164", "\uffa0", "\u2800", "。！"]
)
def test_words_that_are_too_long_in_one_writing_or_not_seen_name_nothing(
    cast: Cast, reviewer: Person, field: str, odd: str
) -> None:
    resident = cast.resident()
    assert no(resident.post("/acts", act(resident, 1, **{field: odd}))) == (422, "act_words_unreadable")
    made = declared(resident, 2, category=HELP)
    answer = reviewer.post(f"/acts/{made}/review", {"decision": "approve", field: odd})
    assert no(answer) == (422, "act_words_unreadable")
    assert reviewer.get(f"/acts/{made}").json["state"] == "declared"


def test_odd_words_declared_before_are_refused_at_review_and_can_be_changed_there(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    made = declared(resident, category=HELP, place="公园")
    with transaction():
        stored = find(Act, DISTRICT, made)
        stored.declared = {**(stored.declared or {}), "place": "ß" * 60}
    answer = reviewer.post(f"/acts/{made}/review", {"decision": "approve"})
    assert no(answer) == (422, "act_words_unreadable")
    assert approve(reviewer, made, place="ß" * 30)["approved"]["place"] == "ß" * 30
    assert paid_for(resident)["place"] == "ss" * 30


def test_what_cannot_be_seen_makes_no_other_place(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    approve(reviewer, declared(resident, category=HELP, place="公\u200b园 A\u00ad"))
    assert paid_for(resident)["place"] == "公园 a"


@pytest.mark.parametrize("wrong", ["0", "0.00", "-1", "1e3", "10000", "1.234", 2, None, ""])
def test_a_quantity_is_a_small_decimal_above_zero(cast: Cast, reviewer: Person, wrong: Any) -> None:
    resident = cast.resident()
    assert no(resident.post("/acts", act(resident, quantity=wrong))) == (422, "invalid_fields")
    made = declared(resident, 2, category=HELP)
    answer = reviewer.post(f"/acts/{made}/review", {"decision": "approve", "quantity": wrong})
    assert no(answer) == (422, "invalid_fields")


def test_an_overturned_refusal_earns_for_what_the_second_person_approved(cast: Cast, reviewer: Person) -> None:
    resident, second = cast.resident(), cast.staff(Role.SECOND_REVIEWER)
    made = refused(resident, reviewer)
    assert resident.get(f"/acts/{made}").json["approved"] is None
    resident.post(f"/acts/{made}/appeal", {"text": "有三袋。"})
    answer = second.post(
        f"/acts/{made}/appeal/answer", {"decision": "overturn", "reason": "属实。", "quantity": "3", "place": "公园"}
    )
    assert answer.json["approved"]["quantity"] == "3", answer.text
    assert paid_for(resident)["quantity"] == "3"
