"""Confirming hours: the leader, and a second person where there is a doubt; confirmed hours earn."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from backend.kit.auth import Role
from backend.kit.db import db
from backend.passbook.models import Earning
from backend.volunteering.attendance.service import close_forgotten
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.volunteering.stage import BEGINS, ENDS, Stage, activity, at
from tests.backend.volunteering.test_check_in import _scans
from tests.cast import Person


def _earning(identifier: str) -> Earning:
    found = db.session.get(Earning, (DISTRICT, identifier))
    assert found is not None
    return found


def _earnings() -> int:
    return db.session.query(Earning).count()


@pytest.fixture
def forgotten(stage: Stage, clock: FixedClock) -> tuple[Person, str]:
    """Somebody who came at the begin and never checked out, and their attendance."""
    person = stage.volunteer()
    clock.at = BEGINS
    attendance = stage.check_in(person).json["id"]
    clock.at = ENDS + timedelta(hours=1)
    assert close_forgotten(DISTRICT) == 1
    return person, attendance


def _correct(stage: Stage, attendance: str, **changes: object) -> tuple[int, dict[str, object]]:
    body = {"checked_out_at": (BEGINS + timedelta(hours=2)).isoformat(), "reason": "手机没电了"} | changes
    answer = stage.leader.post(f"/shifts/{stage.shift}/attendance/{attendance}/correct", body)
    return answer.status_code, answer.json


def _statements(person: Person, path: str) -> int:
    """How many statements a GET costs."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert person.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_longer_list_costs_no_more_questions(stage: Stage, clock: FixedClock) -> None:
    path, clock.at = f"/shifts/{stage.shift}/attendance", BEGINS
    stage.check_in(stage.volunteer("居民一"))
    cost = _statements(stage.leader, path)
    for name in ("居民二", "居民三"):
        stage.check_in(stage.volunteer(name))
    assert _statements(stage.leader, path) == cost <= 10
    page = stage.leader.get(path, limit=2).json
    rest = stage.leader.get(path, limit=2, cursor=page["next_cursor"]).json
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


def test_the_leader_sees_masked_names_and_distances_but_no_position(stage: Stage) -> None:
    stage.attended(stage.volunteer("钱大同"), at(3000))
    answer = stage.leader.get(f"/shifts/{stage.shift}/attendance")
    seen = answer.json["items"][0]
    assert (seen["name"], seen["state"], seen["doubts"]) == ("钱**", "done", ["far"])
    assert [(scan["way"], scan["distance_m"]) for scan in seen["scans"]] == [("in", 3000), ("out", 3000)]
    assert not {"position", "lat", "position_sealed", "resident"} & (seen.keys() | seen["scans"][0].keys())


def test_confirmed_hours_earn_once_with_breaks_taken_off(stage: Stage) -> None:
    person = stage.volunteer()
    done = stage.attended(person, minutes=120)
    confirmed = stage.confirm(done["id"], break_minutes=30)
    assert (confirmed.status_code, confirmed.json["state"]) == (200, "confirmed")
    assert (confirmed.json["minutes"], confirmed.json["hours"]) == (90, "1.5000")
    earning = _earning(confirmed.json["earning"])
    assert (earning.kind, earning.deed, earning.category) == ("service", done["id"], "敬老助残")
    assert (earning.resident, earning.quantity, earning.at) == (person.id, Decimal("1.5"), BEGINS)
    assert (earning.activity, earning.team, earning.street) == (stage.activity, stage.team, "370112001")
    assert earning.approver == f"resident:{stage.leader.id}"
    assert stage.confirm(done["id"]).json["code"] == "wrong_state"
    assert _earnings() == 1
    assert person.get("/me/attendance").json["items"][0]["earning"] == earning.id


def test_breaks_cannot_eat_everything(stage: Stage) -> None:
    done = stage.attended(stage.volunteer(), minutes=60)
    assert stage.confirm(done["id"], break_minutes=60).json["code"] == "breaks_too_long"
    for wrong in (-1, 1.5, "30", 1441, True):
        assert stage.confirm(done["id"], break_minutes=wrong).json["code"] == "invalid_fields", wrong
    assert stage.confirm(done["id"], break_minutes=59).json["minutes"] == 1


def test_who_is_still_there_cannot_be_confirmed(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    present = stage.check_in(person).json["id"]
    assert stage.confirm(present).json["code"] == "wrong_state"


def test_a_doubtful_attendance_counts_only_when_a_second_person_agrees(stage: Stage) -> None:
    reviewer = stage.cast.staff(Role.REVIEWER)
    done = stage.attended(stage.volunteer(), at(3000))
    assert stage.confirm_as_second(done["id"], reviewer).json["code"] == "wrong_state"
    first = stage.confirm(done["id"], break_minutes=15).json
    assert (first["state"], first["earning"], first["minutes"]) == ("second_needed", None, 105)
    waiting = reviewer.get("/staff/attendance").json["items"]
    assert [item["id"] for item in waiting] == [done["id"]]
    assert waiting[0]["scans"][0]["position"]["lat"] == pytest.approx(36.7073, abs=1e-3)
    second = stage.confirm_as_second(done["id"], reviewer).json
    assert (second["state"], second["minutes"]) == ("confirmed", 105)
    assert _earning(second["earning"]).approver == f"staff:{reviewer.id}"
    assert [(scan.position_sealed, scan.distance_m) for scan in _scans()] == [(None, 3000), (None, 3000)]
    assert reviewer.get("/staff/attendance").json["items"] == []


def test_the_second_person_may_put_other_breaks(stage: Stage) -> None:
    done = stage.attended(stage.volunteer(), at(3000), minutes=120)
    stage.confirm(done["id"], break_minutes=15)
    second = stage.confirm_as_second(done["id"], stage.cast.staff(Role.SECOND_REVIEWER), break_minutes=20)
    assert (second.json["minutes"], second.json["break_minutes"]) == (100, 20)


def test_nobody_confirms_their_own_hours(stage: Stage) -> None:
    stage.sign_up(stage.leader)
    stage.leader.post("/me/consents", {"purpose": "position", "given": True})
    own = stage.attended(stage.leader)
    refused = stage.confirm(own["id"])
    assert (refused.status_code, refused.json["code"]) == (403, "own_hours")
    same = stage.cast.staff(Role.REVIEWER, resident=stage.leader.id)
    assert stage.confirm_as_second(own["id"], same).json["code"] == "own_hours"
    reviewer = stage.cast.staff(Role.REVIEWER)
    assert [item["id"] for item in reviewer.get("/staff/attendance").json["items"]] == [own["id"]]
    assert stage.confirm_as_second(own["id"], reviewer).json["state"] == "confirmed"


def test_the_second_is_not_the_leader_in_another_coat(stage: Stage) -> None:
    done = stage.attended(stage.volunteer(), at(3000))
    stage.confirm(done["id"])
    same = stage.cast.staff(Role.REVIEWER, resident=stage.leader.id)
    refused = stage.confirm_as_second(done["id"], same)
    assert (refused.status_code, refused.json["code"]) == (403, "another_person_needed")


def test_a_forgotten_check_out_is_corrected_with_a_reason_and_a_second_person(
    stage: Stage, forgotten: tuple[Person, str]
) -> None:
    person, attendance = forgotten
    status, corrected = _correct(stage, attendance, break_minutes=20)
    assert (status, corrected["state"], corrected["minutes"]) == (200, "second_needed", 100)
    assert person.get("/me/attendance").json["items"][0]["correction"] == "手机没电了"
    assert _earnings() == 0
    second = stage.confirm_as_second(attendance, stage.cast.staff(Role.REVIEWER))
    assert (second.json["state"], second.json["hours"]) == ("confirmed", "1.6667")
    assert _earnings() == 1


def test_a_correction_lies_between_check_in_and_the_end_of_the_shift(
    stage: Stage, forgotten: tuple[Person, str]
) -> None:
    _, attendance = forgotten
    for wrong in (BEGINS, BEGINS + timedelta(seconds=59), ENDS + timedelta(seconds=1), BEGINS - timedelta(days=1)):
        assert _correct(stage, attendance, checked_out_at=wrong.isoformat())[1]["code"] == "correction_outside_shift"
    for change in ({"reason": " "}, {"reason": "因" * 501}, {"checked_out_at": "17:00"}, {"minutes": 120}):
        assert _correct(stage, attendance, **change)[1]["code"] == "invalid_fields", change
    assert _correct(stage, attendance, checked_out_at=ENDS.isoformat())[1]["minutes"] == 180


def test_a_correction_cannot_run_into_other_hours_of_the_same_person(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    forgotten = stage.check_in(person).json["id"]
    clock.at = ENDS + timedelta(hours=1)
    close_forgotten(DISTRICT)
    clock.at = BEGINS + timedelta(hours=1)  # the server's clock is set back, so that the same time comes again
    assert stage.check_in(person).status_code == 201
    clock.advance(minutes=30)
    assert stage.check_out(person).status_code == 200
    assert _correct(stage, forgotten)[1]["code"] == "hours_overlap"
    before = (BEGINS + timedelta(hours=1)).isoformat()
    assert _correct(stage, forgotten, checked_out_at=before)[1]["state"] == "second_needed"


def test_only_a_forgotten_check_out_is_corrected(stage: Stage, clock: FixedClock) -> None:
    done = stage.attended(stage.volunteer())
    assert _correct(stage, done["id"])[1]["code"] == "wrong_state"


def test_another_teams_leader_and_another_district_find_nothing(stage: Stage) -> None:
    done = stage.attended(stage.volunteer())
    other = stage.cast.resident("吴队长")
    stage.admin.post("/staff/teams", {"name": "清泉服务队", "street": "370112002", "leader": other.id})
    assert other.get(f"/shifts/{stage.shift}/attendance").json["code"] == "not_found"
    assert stage.confirm(done["id"], by=other).json["code"] == "not_found"
    foreign = stage.cast.staff(Role.REVIEWER, district=OTHER_DISTRICT)
    assert stage.confirm_as_second(done["id"], foreign).json["code"] == "not_found"
    assert foreign.get("/staff/attendance").json["items"] == []
    assert stage.confirm("nothing").json["code"] == "not_found"


def test_an_attendance_is_not_confirmed_through_another_shift(stage: Stage) -> None:
    done = stage.attended(stage.volunteer())
    stage.shift = stage.leader.post("/activities", activity(stage.team, title="读报")).json["shifts"][0]["id"]
    assert stage.confirm(done["id"]).json["code"] == "not_found"


def test_volunteers_and_other_staff_may_not_confirm(stage: Stage) -> None:
    person = stage.volunteer()
    done = stage.attended(person)
    assert stage.confirm(done["id"], by=person).json["code"] == "not_permitted"
    for staff in (stage.cast.staff(Role.ADMIN), stage.cast.staff(Role.DISPATCHER)):
        assert stage.confirm_as_second(done["id"], staff).json["code"] == "not_permitted"
        assert staff.get(f"/shifts/{stage.shift}/attendance").json["code"] == "not_permitted"
    assert stage.confirm_as_second(done["id"], stage.leader).json["code"] == "not_permitted"
