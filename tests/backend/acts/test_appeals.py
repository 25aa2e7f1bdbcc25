"""A refusal can be appealed once; another person answers, before a clock that both sides see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.acts.appeals import escalate_overdue
from backend.kit.auth import Role
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.acts.stage import declared, no, refused, rules_in_force
from tests.cast import Cast, Person

WEDNESDAY_NIGHT = "2026-11-25T16:00:00+00:00"  # the third working day after a Friday ends
NEXT_TUESDAY_NIGHT = "2026-12-01T16:00:00+00:00"  # the seventh


def appealed(cast: Cast, resident: Person) -> tuple[str, Person]:
    """An act refused and appealed; its id and its first reviewer."""
    first = cast.staff(Role.REVIEWER, Role.SECOND_REVIEWER)
    identifier = refused(resident, first)
    answer = resident.post(f"/acts/{identifier}/appeal", {"text": "照片里能看到老人和我。"})
    assert (answer.status_code, answer.json["state"]) == (200, "appealed")
    return identifier, first


def test_an_appeal_has_a_clock_of_three_working_days_that_both_sides_see(cast: Cast) -> None:
    resident = cast.resident()
    identifier, first = appealed(cast, resident)
    for person in (resident, first):
        appeal = person.get(f"/acts/{identifier}").json["appeal"]
        assert (appeal["answer_due_at"], appeal["overdue"]) == (WEDNESDAY_NIGHT, False)
        assert appeal["text"] == "照片里能看到老人和我。"
        assert appeal["decision"] is None


def test_an_overturned_refusal_earns(cast: Cast) -> None:
    rules_in_force(cast)
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    body = {"decision": "overturn", "reason": "放大后可以看清。"}
    assert second.post(f"/acts/{identifier}/appeal/answer", body).json["state"] == "overturned"
    seen = resident.get(f"/acts/{identifier}").json
    assert (seen["state"], seen["appeal"]["reason"]) == ("overturned", "放大后可以看清。")
    assert seen["appeal"]["answered_at"] == "2026-11-20T04:00:00+00:00"
    assert resident.get(f"/me/earnings/{seen['earning']}").json["granted"] == 20
    assert resident.get("/me/points").json["available"] == 20


def test_an_upheld_refusal_earns_nothing_and_ends_there(cast: Cast) -> None:
    rules_in_force(cast)
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    body = {"decision": "uphold", "reason": "照片中没有人。"}
    assert second.post(f"/acts/{identifier}/appeal/answer", body).json["state"] == "upheld"
    assert resident.get("/me/points").json["available"] == 0
    assert no(resident.post(f"/acts/{identifier}/appeal", {"text": "再申诉"})) == (409, "wrong_state")
    assert no(second.post(f"/acts/{identifier}/appeal/answer", body)) == (409, "wrong_state")


def test_the_first_reviewer_does_not_answer(cast: Cast) -> None:
    identifier, first = appealed(cast, cast.resident())
    answer = first.post(f"/acts/{identifier}/appeal/answer", {"decision": "uphold", "reason": "还是不行。"})
    assert no(answer) == (403, "same_reviewer")
    assert no(first.post(f"/acts/{identifier}/appeal/extension", {"reason": "须核实"})) == (403, "same_reviewer")


def test_nobody_answers_an_appeal_of_their_own(cast: Cast) -> None:
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    own = cast.staff(Role.SECOND_REVIEWER, resident=resident.id)
    body = {"decision": "overturn", "reason": "我说了算。"}
    assert no(own.post(f"/acts/{identifier}/appeal/answer", body)) == (403, "own_claim")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN, Role.AUDITOR])
def test_an_appeal_is_answered_by_a_second_reviewer_only(cast: Cast, role: Role) -> None:
    identifier, _ = appealed(cast, cast.resident())
    answer = cast.staff(role).post(f"/acts/{identifier}/appeal/answer", {"decision": "uphold", "reason": "不"})
    assert no(answer) == (403, "not_permitted")


def test_a_second_reviewer_elsewhere_finds_no_appeal(cast: Cast) -> None:
    identifier, _ = appealed(cast, cast.resident())
    other = cast.staff(Role.SECOND_REVIEWER, district=OTHER_DISTRICT)
    body = {"decision": "uphold", "reason": "不"}
    assert no(other.post(f"/acts/{identifier}/appeal/answer", body)) == (404, "not_found")
    assert no(other.post(f"/acts/{identifier}/appeal/extension", {"reason": "不"})) == (404, "not_found")


def test_when_others_must_check_the_clock_has_seven_working_days_and_the_resident_sees_why(cast: Cast) -> None:
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    second = cast.staff(Role.SECOND_REVIEWER)
    assert second.post(f"/acts/{identifier}/appeal/extension", {"reason": "须向社区核实。"}).status_code == 200
    appeal = resident.get(f"/acts/{identifier}").json["appeal"]
    assert (appeal["answer_due_at"], appeal["others_must_check"]) == (NEXT_TUESDAY_NIGHT, True)
    assert appeal["extension_reason"] == "须向社区核实。"
    again = second.post(f"/acts/{identifier}/appeal/extension", {"reason": "再核实。"})
    assert no(again) == (409, "appeal_already_extended")


def test_an_answer_that_is_late_is_shown_as_overdue_and_still_given(cast: Cast, clock: FixedClock) -> None:
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    clock.advance(days=5, hours=12)
    resident = cast.signed_in("resident", resident.id, ("resident",))
    second = cast.staff(Role.SECOND_REVIEWER)
    assert resident.get(f"/acts/{identifier}").json["appeal"]["overdue"] is False  # the very moment
    clock.advance(seconds=1)
    assert resident.get(f"/acts/{identifier}").json["appeal"]["overdue"] is True
    late = second.post(f"/acts/{identifier}/appeal/extension", {"reason": "须核实"})
    assert no(late) == (409, "appeal_overdue")
    done = second.post(f"/acts/{identifier}/appeal/answer", {"decision": "uphold", "reason": "核实无误。"})
    assert done.json["appeal"]["overdue"] is True


def test_an_overdue_appeal_is_escalated_once(cast: Cast, clock: FixedClock) -> None:
    identifier, _ = appealed(cast, cast.resident())
    clock.advance(days=5, hours=12)
    assert escalate_overdue(DISTRICT) == 0
    clock.advance(seconds=1)
    assert (escalate_overdue(DISTRICT), escalate_overdue(DISTRICT)) == (1, 0)
    seen = cast.staff(Role.SECOND_REVIEWER).get(f"/acts/{identifier}").json["appeal"]
    assert (seen["overdue"], seen["escalated_at"]) == (True, "2026-11-25T16:00:01+00:00")


def test_an_appeal_is_made_within_thirty_days(cast: Cast, clock: FixedClock) -> None:
    resident = cast.resident()
    first, second = (refused(resident, cast.staff(Role.REVIEWER), seed) for seed in (1, 2))
    clock.advance(days=30)
    resident = cast.signed_in("resident", resident.id, ("resident",))
    assert resident.post(f"/acts/{first}/appeal", {"text": "不服"}).status_code == 200
    clock.advance(seconds=1)
    assert no(resident.post(f"/acts/{second}/appeal", {"text": "不服"})) == (410, "appeal_too_late")


@pytest.mark.parametrize("state", ["declared", "approved"])
def test_only_a_refusal_is_appealed(cast: Cast, state: str) -> None:
    resident = cast.resident()
    identifier = declared(resident)
    if state == "approved":
        cast.staff(Role.REVIEWER).post(f"/acts/{identifier}/review", {"decision": "approve"})
    assert no(resident.post(f"/acts/{identifier}/appeal", {"text": "不服"})) == (409, "wrong_state")


def test_what_was_not_appealed_has_no_answer(cast: Cast) -> None:
    identifier = refused(cast.resident(), cast.staff(Role.REVIEWER))
    body = {"decision": "overturn", "reason": "主动改正"}
    answer = cast.staff(Role.SECOND_REVIEWER).post(f"/acts/{identifier}/appeal/answer", body)
    assert no(answer) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("appeal", {}),
        ("appeal", {"text": ""}),
        ("appeal", {"text": "长" * 1001}),
        ("appeal", {"text": "好", "answer_due_at": "2027-01-01T00:00:00Z"}),
        ("appeal/answer", {"decision": "overturn"}),
        ("appeal/answer", {"decision": "overturn", "reason": ""}),
        ("appeal/answer", {"decision": "approve", "reason": "好"}),
        ("appeal/extension", {}),
        ("appeal/extension", {"reason": "长" * 501}),
    ],
)
def test_what_is_not_right_in_an_appeal_is_refused(cast: Cast, path: str, body: dict[str, Any]) -> None:
    resident = cast.resident()
    identifier = refused(resident, cast.staff(Role.REVIEWER))
    person = resident if path == "appeal" else cast.staff(Role.SECOND_REVIEWER)
    assert no(person.post(f"/acts/{identifier}/{path}", body)) == (422, "invalid_fields")


def test_answers_at_once_are_one_answer_and_one_earning(cast: Cast) -> None:
    rules_in_force(cast)
    resident = cast.resident()
    identifier, _ = appealed(cast, resident)
    seconds = [cast.staff(Role.SECOND_REVIEWER) for _ in range(4)]

    def overturn(person: Person) -> int:
        body = {"decision": "overturn", "reason": "看清了"}
        return person.post(f"/acts/{identifier}/appeal/answer", body).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(overturn, seconds)) == [200, 409, 409, 409]
    assert resident.get("/me/points").json["available"] == 20


def test_appeals_at_once_are_one_appeal(cast: Cast) -> None:
    resident = cast.resident()
    identifier = refused(resident, cast.staff(Role.REVIEWER))
    people = [Person(cast.app, cast.app.test_client(), "resident", resident.id, resident.token) for _ in range(4)]

    def appeal(person: Person) -> int:
        return person.post(f"/acts/{identifier}/appeal", {"text": "不服"}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(appeal, people)) == [200, 409, 409, 409]
