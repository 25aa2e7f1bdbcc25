"""What a deed earned can be appealed once; another person answers before a clock that both sides see."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.passbook.appeals import escalate_overdue
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.small import opened
from tests.backend.passbook.stage import FOUND, HELP, STAR, approve, fill_fund, no, points, publish_rules, told
from tests.cast import Cast, Person

WEDNESDAY_NIGHT = "2026-11-25T16:00:00+00:00"  # the third working day after a Friday ends
NEXT_TUESDAY_NIGHT = "2026-12-01T16:00:00+00:00"  # the seventh


@pytest.fixture
def resident(cast: Cast) -> Person:
    publish_rules(cast)
    fill_fund(cast)
    return cast.resident()


def appealed(resident: Person, category: str = HELP, approver: str = "staff:somebody") -> str:
    """An earning its resident appealed; its id."""
    earning = approve(resident, category, approver=approver)
    answer = resident.post(f"/me/earnings/{earning}/appeal", {"text": "应该算敬老爱亲之星。"})
    assert (answer.status_code, answer.json["state"]) == (201, "open"), answer.text
    return earning


def answered(person: Person, earning: str, decision: str = "uphold", **more: Any) -> Any:
    body = {"decision": decision, "reason": "按细则核对过。", **more}
    return person.post(f"/staff/earnings/{earning}/appeal/answer", body)


def test_the_clock_of_three_working_days_is_seen_by_both_sides(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    for seen in (told(resident, earning), second.get(f"/staff/earnings/{earning}").json):
        assert (seen["appeal"]["answer_due_at"], seen["appeal"]["overdue"]) == (WEDNESDAY_NIGHT, False)
        assert seen["appeal"]["text"] == "应该算敬老爱亲之星。"
    listed = second.get("/staff/earning-appeals", open_only="true").json["items"]
    assert [made["earning"] for made in listed] == [earning]


def test_an_upheld_decision_stands_with_reasons(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    assert answered(cast.staff(Role.SECOND_REVIEWER), earning).json["state"] == "upheld"
    seen = told(resident, earning)["appeal"]
    assert (seen["decision"], seen["reason"]) == ("upheld", "按细则核对过。")
    assert points(resident) == 10
    again = resident.post(f"/me/earnings/{earning}/appeal", {"text": "再来"})
    assert no(again) == (409, "appeal_already_made")
    assert no(answered(cast.staff(Role.SECOND_REVIEWER), earning)) == (409, "wrong_state")


def test_an_appeal_that_is_right_is_corrected_by_two(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    made = answered(second, earning, "correct", changes={"category": STAR}).json
    assert (made["state"], made["answered_at"], points(resident)) == ("correcting", None, 10)
    assert no(second.post(f"/staff/corrections/{made['correction']}/confirm")) == (403, "second_person_needed")
    third = cast.staff(Role.FUND_MANAGER)
    assert third.post(f"/staff/corrections/{made['correction']}/confirm").status_code == 200
    assert points(resident) == 20
    seen = told(resident, earning)["appeal"]
    assert (seen["state"], seen["answered_at"] is not None) == ("corrected", True)


def declined(person: Person, correction: str, reason: str = "证据不足。") -> Any:
    return person.post(f"/staff/corrections/{correction}/decline", {"reason": reason})


def test_an_appeal_is_open_again_when_its_correction_is_declined(
    cast: Cast, resident: Person, clock: FixedClock
) -> None:
    earning = appealed(resident)
    made = answered(cast.staff(Role.SECOND_REVIEWER), earning, "correct", changes={"category": STAR}).json
    clock.advance(days=3)  # to Monday
    third = cast.staff(Role.FUND_MANAGER)
    assert no(third.post(f"/staff/corrections/{made['correction']}/decline", {})) == (422, "invalid_fields")
    assert declined(third, made["correction"]).status_code == 200
    back = cast.signed_in("resident", resident.id, ("resident",))
    for seen in (told(back, earning), third.get(f"/staff/earnings/{earning}").json):
        appeal = seen["appeal"]
        assert (appeal["state"], appeal["answer_due_at"]) == ("open", WEDNESDAY_NIGHT)
        (first,) = appeal["earlier"]
        assert (first["decision"], first["reason"]) == ("corrected", "按细则核对过。")
        assert first["declined_because"] == "证据不足。"
        assert first["answered_at"] < first["declined_at"]
    assert answered(cast.staff(Role.SECOND_REVIEWER), earning).json["state"] == "upheld"
    assert len(told(back, earning)["appeal"]["earlier"]) == 1


def test_a_reopened_appeal_that_others_must_check_keeps_the_longer_term(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    assert second.post(f"/staff/earnings/{earning}/appeal/extension", {"reason": "须核实"}).status_code == 200
    made = answered(second, earning, "correct", changes={"category": STAR}).json
    assert declined(cast.staff(Role.FUND_MANAGER), made["correction"]).status_code == 200
    assert told(resident, earning)["appeal"]["answer_due_at"] == NEXT_TUESDAY_NIGHT


def test_whom_the_appeal_is_against_neither_confirms_nor_declines_its_answer(cast: Cast, resident: Person) -> None:
    first = cast.staff(Role.SECOND_REVIEWER)
    own = cast.staff(Role.SECOND_REVIEWER, resident=resident.id)
    earning = appealed(resident, approver=f"staff:{first.id}")
    second = cast.staff(Role.SECOND_REVIEWER)
    correction = answered(second, earning, "correct", changes={"category": STAR}).json["correction"]
    assert no(declined(first, correction)) == (403, "decided_before")
    assert no(first.post(f"/staff/corrections/{correction}/confirm")) == (403, "decided_before")
    assert no(declined(second, correction)) == (403, "second_person_needed")
    assert no(declined(own, correction)) == (403, "own_claim")
    assert told(resident, earning)["appeal"]["decision"] == "correcting"
    assert cast.staff(Role.FUND_MANAGER).post(f"/staff/corrections/{correction}/confirm").status_code == 200


def test_nor_do_those_who_corrected_it_before_the_appeal(cast: Cast, resident: Person) -> None:
    earning = approve(resident, HELP)
    two = cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)
    asked = two[0].post(f"/staff/earnings/{earning}/correction", {"changes": {"category": FOUND}, "reason": "填错"})
    assert two[1].post(f"/staff/corrections/{asked.json['id']}/confirm").status_code == 200
    assert resident.post(f"/me/earnings/{earning}/appeal", {"text": "不对"}).status_code == 201
    further = cast.staff(Role.SECOND_REVIEWER)
    correction = answered(further, earning, "correct", changes={"category": STAR}).json["correction"]
    for person in two:
        assert no(person.post(f"/staff/corrections/{correction}/confirm")) == (403, "decided_before")
        assert no(declined(person, correction)) == (403, "decided_before")


def test_until_another_confirms_the_clock_runs_on_and_is_escalated(
    cast: Cast, resident: Person, clock: FixedClock
) -> None:
    earning = appealed(resident)
    made = answered(cast.staff(Role.SECOND_REVIEWER), earning, "correct", changes={"category": STAR}).json
    clock.advance(days=40)
    assert (escalate_overdue(DISTRICT), escalate_overdue(DISTRICT)) == (1, 0)
    back = cast.signed_in("resident", resident.id, ("resident",))
    seen = told(back, earning)["appeal"]
    assert (seen["state"], seen["overdue"], seen["escalated_at"] is not None) == ("correcting", True, True)
    third = cast.staff(Role.FUND_MANAGER)
    listed = third.get("/staff/earning-appeals", overdue_only="true").json["items"]
    assert [each["earning"] for each in listed] == [earning]
    assert no(answered(cast.staff(Role.SECOND_REVIEWER), earning)) == (409, "wrong_state")
    assert declined(third, made["correction"]).status_code == 200
    seen = told(back, earning)["appeal"]
    assert (seen["state"], seen["overdue"], seen["escalated_at"] is not None) == ("open", True, True)


def test_an_appeal_is_never_answered_with_fewer_points(cast: Cast, resident: Person) -> None:
    earning = appealed(resident, STAR)
    second = cast.staff(Role.SECOND_REVIEWER)
    assert no(answered(second, earning, "correct", changes={"category": HELP})) == (409, "appeal_answer_lower")
    assert (told(resident, earning)["appeal"]["state"], points(resident)) == ("open", 20)


def test_nor_with_more_of_which_a_cap_would_leave_less(cast: Cast) -> None:
    caps = """caps:
- {cap: ice, title: {zh: 铲冰, en: Ice}, per: resident, window: month, points: 12, rules: [ice]}"""
    ice = "- {rule: ice, title: {zh: 铲冰, en: Ice}, when: {kind: act, category: 铲冰}, points: {each: 11}}"
    opened(cast, ice, more=caps)
    resident = cast.resident()
    approve(resident, "铲冰")
    earning = appealed(resident, "扫雪")
    second = cast.staff(Role.SECOND_REVIEWER)
    answer = answered(second, earning, "correct", changes={"category": "铲冰"})
    assert no(answer) == (409, "appeal_answer_lower")
    assert points(resident) == 21


def test_a_second_account_of_the_reviewer_does_not_answer(cast: Cast, resident: Person) -> None:
    private = cast.resident("孙白露").id
    first, same = (cast.staff(Role.SECOND_REVIEWER, resident=private) for _ in range(2))
    earning = appealed(resident, approver=f"staff:{first.id}")
    assert no(answered(same, earning)) == (403, "same_reviewer")


def test_who_approved_does_not_answer_nor_who_it_is_about(cast: Cast, resident: Person) -> None:
    first = cast.staff(Role.SECOND_REVIEWER)
    own = cast.staff(Role.SECOND_REVIEWER, resident=resident.id)
    earning = appealed(resident, approver=f"staff:{first.id}")
    assert no(answered(first, earning)) == (403, "same_reviewer")
    assert no(answered(own, earning)) == (403, "own_claim")
    extension = {"reason": "须核实"}
    assert no(first.post(f"/staff/earnings/{earning}/appeal/extension", extension)) == (403, "same_reviewer")
    assert no(answered(cast.staff(Role.REVIEWER), earning)) == (403, "not_permitted")


def test_when_others_must_check_there_are_seven_working_days(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    path = f"/staff/earnings/{earning}/appeal/extension"
    assert second.post(path, {"reason": "须向社区核实"}).status_code == 200
    seen = told(resident, earning)["appeal"]
    assert (seen["answer_due_at"], seen["extension_reason"]) == (NEXT_TUESDAY_NIGHT, "须向社区核实")
    assert no(second.post(path, {"reason": "再核实"})) == (409, "appeal_already_extended")


def test_an_overdue_appeal_is_escalated_once_and_still_answered(
    cast: Cast, resident: Person, clock: FixedClock
) -> None:
    earning = appealed(resident)
    clock.advance(days=5, hours=12)
    assert escalate_overdue(DISTRICT) == 0  # the very moment
    clock.advance(seconds=1)
    assert (escalate_overdue(DISTRICT), escalate_overdue(DISTRICT)) == (1, 0)
    lines = [line for line in db.session.scalars(rows(AuditLine, DISTRICT)) if line.action == "earning.appeal_overdue"]
    assert [line.subject for line in lines] == [f"earning:{earning}"]
    second = cast.staff(Role.SECOND_REVIEWER)
    listed = second.get("/staff/earning-appeals", overdue_only="true").json["items"]
    assert [(made["earning"], made["overdue"]) for made in listed] == [(earning, True)]
    assert listed[0]["escalated_at"] is not None
    assert answered(second, earning).json["overdue"] is True
    assert second.get("/staff/earning-appeals", overdue_only="true").json["items"] == []


def test_an_appeal_is_made_within_thirty_days_of_the_decision(cast: Cast, resident: Person, clock: FixedClock) -> None:
    earning, late = approve(resident), approve(resident)
    clock.advance(days=30)
    back = cast.signed_in("resident", resident.id, ("resident",))
    assert back.post(f"/me/earnings/{earning}/appeal", {"text": "不服"}).status_code == 201
    clock.advance(seconds=1)
    assert no(back.post(f"/me/earnings/{late}/appeal", {"text": "不服"})) == (410, "appeal_too_late")


def test_a_deed_that_waits_for_rules_is_not_appealed_yet(cast: Cast) -> None:
    resident = cast.resident()
    earning = approve(resident)
    answer = resident.post(f"/me/earnings/{earning}/appeal", {"text": "为什么没有积分"})
    assert no(answer) == (409, "earning_not_decided")


def test_nobody_appeals_or_answers_for_somebody_else(cast: Cast, resident: Person) -> None:
    earning = appealed(resident)
    other = cast.resident("吴谷雨")
    assert no(other.post(f"/me/earnings/{earning}/appeal", {"text": "我也要"})) == (404, "not_found")
    far = cast.staff(Role.SECOND_REVIEWER, district=OTHER_DISTRICT)
    assert no(answered(far, earning)) == (404, "not_found")
    plain = approve(resident)
    assert no(answered(cast.staff(Role.SECOND_REVIEWER), plain)) == (404, "not_found")


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "长" * 1001}, {"text": "好", "answer_due_at": "2027-01-01"}]
)
def test_what_is_not_right_in_an_appeal_is_refused(resident: Person, body: dict[str, Any]) -> None:
    earning = approve(resident)
    assert no(resident.post(f"/me/earnings/{earning}/appeal", body)) == (422, "invalid_fields")
