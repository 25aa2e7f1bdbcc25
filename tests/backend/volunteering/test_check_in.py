"""Checking in: signed up, inside the window, with the present code, one place at a time."""

from datetime import timedelta

from sqlalchemy import select

from backend.kit.clock import fresh_id
from backend.kit.crypto import cipher
from backend.kit.db import db
from backend.volunteering.attendance.models import Scan
from points.clock import FixedClock
from tests.app import OTHER_DISTRICT
from tests.backend.volunteering.stage import BEGINS, ENDS, LAT, METRE, Stage, activity, at, shift


def _scans() -> list[Scan]:
    return list(db.session.scalars(select(Scan).order_by(Scan.at)))


def test_a_volunteer_checks_in_with_code_and_place_and_the_position_is_not_kept(
    stage: Stage, clock: FixedClock
) -> None:
    person = stage.volunteer()
    clock.at = BEGINS + timedelta(minutes=1)
    answer = stage.check_in(person, at(60, accuracy=12))
    assert (answer.status_code, answer.json["state"], answer.json["doubts"]) == (201, "present", [])
    assert answer.json["checked_in_at"] == clock.at.isoformat()
    only = _scans()[0]
    assert (only.distance_m, only.accuracy_m, only.position_sealed) == (60, 12, None)


def test_a_doubtful_position_is_taken_flagged_and_kept_sealed(stage: Stage, clock: FixedClock) -> None:
    clock.at = BEGINS
    for metres, doubt in ((110, "outside"), (3000, "far")):
        answer = stage.check_in(stage.volunteer(f"居民{metres}"), at(metres))
        assert (answer.status_code, answer.json["doubts"]) == (201, [doubt])
    far = next(scan for scan in _scans() if scan.doubt == "far")
    assert far.distance_m == 3000
    assert far.position_sealed is not None
    opened = cipher().open(f"shift_scan:{far.id}:position", far.position_sealed)
    assert opened.startswith(f"{LAT + 3000 * METRE:.6f},")


def test_without_consent_a_position_is_not_looked_at_and_nobody_is_refused(stage: Stage, clock: FixedClock) -> None:
    clock.at = BEGINS
    answer = stage.check_in(stage.volunteer(consents=False), at(5))
    assert (answer.status_code, answer.json["doubts"]) == (201, ["no_position"])
    kept = _scans()[0]
    assert (kept.distance_m, kept.accuracy_m, kept.position_sealed) == (None, None, None)
    nothing = stage.volunteer("孙立").post(f"/shifts/{stage.shift}/check-in", {"code": stage.code()})
    assert nothing.json["doubts"] == ["no_position"]


def test_a_wrong_or_old_code_is_refused_wherever_one_stands(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    old = stage.code()
    clock.advance(seconds=61)
    for code in (old, f"{(int(stage.code()) + 1) % 10**6:06d}"):
        refused = stage.check_in(person, at(0), code=code)
        assert (refused.status_code, refused.json["code"]) == (422, "code_wrong")
    assert _scans() == []
    assert stage.check_in(person).status_code == 201


def test_the_code_of_another_shift_is_wrong_here(stage: Stage, clock: FixedClock) -> None:
    other = stage.leader.post("/activities", activity(stage.team)).json["shifts"][0]["id"]
    clock.at = BEGINS
    assert stage.check_in(stage.volunteer(), code=stage.code(other)).json["code"] == "code_wrong"


def test_guessing_is_locked_after_five_wrong_codes(stage: Stage, clock: FixedClock) -> None:
    person, patient = stage.volunteer(), stage.volunteer("孙立")
    clock.at = BEGINS
    wrong = f"{(int(stage.code()) + 1) % 10**6:06d}"
    for _ in range(5):
        assert stage.check_in(person, code=wrong).json["code"] == "code_wrong"
    locked = stage.check_in(person)
    assert (locked.status_code, locked.json["code"], locked.json["retry"]) == (429, "shift_code_locked", True)
    assert stage.check_in(patient).status_code == 201


def test_one_code_serves_everybody_at_the_place_but_each_only_once(stage: Stage, clock: FixedClock) -> None:
    people = [stage.volunteer("钱大同"), stage.volunteer("孙立")]
    clock.at = BEGINS + timedelta(seconds=30)
    ahead = stage.code()
    clock.at = BEGINS
    assert [stage.check_in(person, code=ahead).status_code for person in people] == [201, 201]
    clock.at = BEGINS + timedelta(seconds=60)  # still right, but theirs is used
    for person in people:
        used = stage.check_out(person, code=ahead)
        assert (used.status_code, used.json["code"], used.json["retry"]) == (409, "shift_code_used", True)
        assert stage.check_out(person).status_code == 200


def test_repeating_a_check_in_request_gets_the_first_answer(stage: Stage, clock: FixedClock) -> None:
    person, key = stage.volunteer(), fresh_id()
    clock.at = BEGINS
    body = {"code": stage.code(), "position": at()}
    first = person.post(f"/shifts/{stage.shift}/check-in", body, key=key)
    clock.advance(minutes=10)
    again = person.post(f"/shifts/{stage.shift}/check-in", body, key=key)
    assert (again.status_code, again.json) == (201, first.json)
    assert len(_scans()) == 1


def test_check_in_opens_half_an_hour_before_and_ends_with_the_shift(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    early = stage.check_in(person)
    assert (early.status_code, early.json["code"], early.json["retry"]) == (409, "shift_not_begun", True)
    clock.at = ENDS
    assert stage.check_in(person).json["code"] == "shift_over"
    clock.at = BEGINS - timedelta(minutes=30)
    assert stage.check_in(person).status_code == 201


def test_who_is_not_signed_up_or_has_left_cannot_check_in(stage: Stage, clock: FixedClock) -> None:
    person = stage.cast.resident()
    signup = stage.sign_up(person).json["id"]
    person.delete(f"/activities/{stage.activity}/signups/{signup}")
    clock.at = BEGINS
    assert stage.check_in(person).json["code"] == "not_signed_up"


def test_who_has_checked_in_cannot_leave_the_sign_up_any_more(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    signup = person.get(f"/activities/{stage.activity}/signups").json["items"][0]["id"]
    clock.at = BEGINS
    stage.check_in(person)
    assert person.delete(f"/activities/{stage.activity}/signups/{signup}").json["code"] == "wrong_state"


def test_one_cannot_be_at_two_shifts_at_once(stage: Stage, clock: FixedClock) -> None:
    planned = stage.leader.post("/activities", activity(stage.team, shifts=[shift()])).json
    person, other = stage.volunteer(), planned["shifts"][0]["id"]
    person.post(f"/activities/{planned['id']}/signups", {"shift": other, "risks_seen": True})
    clock.at = BEGINS
    assert stage.check_in(person).status_code == 201
    refused = person.post(f"/shifts/{other}/check-in", {"code": stage.code(other), "position": at()})
    assert (refused.status_code, refused.json["code"]) == (409, "already_checked_in")
    assert person.post(f"/shifts/{other}/check-out", {"code": stage.code(other)}).json["code"] == "not_checked_in"


def test_hours_that_were_written_down_are_not_served_again_when_the_clock_steps_back(
    stage: Stage, clock: FixedClock
) -> None:
    person = stage.volunteer()
    stage.attended(person, minutes=90)
    clock.at = BEGINS + timedelta(minutes=80)
    assert stage.check_in(person).json["code"] == "hours_overlap"
    clock.at = BEGINS + timedelta(minutes=91)
    assert stage.check_in(person).status_code == 201


def test_a_scan_that_is_not_well_formed_is_refused(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    bad: list[dict[str, object]] = [
        {"code": "12345"},
        {"code": "１２３４５６"},
        {"code": "123456\n"},
        {"code": 123456},
        {"position": at() | {"lat": 91}},
        {"position": at() | {"accuracy": -1}},
        {"position": at() | {"accuracy": 1e9}},
        {"position": at() | {"lon": "117"}},
        {"position": at(datum="bd09")},
        {"position": {"lat": LAT}},
        {"position": [LAT]},
        {"at": BEGINS.isoformat()},
        {"distance_m": 0},
    ]
    for change in bad:
        assert stage.check_in(person, **change).json["code"] == "invalid_fields", change
    assert _scans() == []


def test_a_shift_of_another_district_is_not_found(stage: Stage, clock: FixedClock) -> None:
    clock.at = BEGINS
    foreigner = stage.cast.resident(district=OTHER_DISTRICT)
    assert stage.check_in(foreigner).json["code"] == "not_found"
    assert stage.check_out(foreigner).json["code"] == "not_found"
