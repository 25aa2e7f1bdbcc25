"""Checking out: what counts lies inside the shift, and a forgotten check-out counts nothing."""

from datetime import timedelta

from backend.volunteering.attendance.service import close_forgotten, forget_positions
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.volunteering.stage import BEGINS, ENDS, Stage, activity, at, shift
from tests.backend.volunteering.test_check_in import _scans


def test_whole_minutes_between_check_in_and_check_out_count(stage: Stage) -> None:
    person = stage.volunteer()
    done = stage.attended(person, minutes=90.9)
    assert (done["state"], done["minutes"], done["hours"]) == ("done", 90, "1.5000")
    assert person.get("/me/attendance").json["items"] == [done]


def test_what_lies_before_or_after_the_shift_does_not_count(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS - timedelta(minutes=20)
    stage.check_in(person)
    clock.at = ENDS + timedelta(minutes=30)
    assert stage.check_out(person).json["minutes"] == 180


def test_less_than_a_minute_is_refused_and_one_stays_checked_in(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS - timedelta(minutes=10)
    stage.check_in(person)
    clock.at = BEGINS + timedelta(seconds=59)
    short = stage.check_out(person)
    assert (short.status_code, short.json["code"], short.json["retry"]) == (409, "too_short", True)
    clock.advance(seconds=1)
    assert stage.check_out(person).json["minutes"] == 1


def test_leaving_from_afar_is_flagged_on_the_way_out(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    stage.check_in(person, at(0))
    clock.advance(hours=2)
    assert stage.check_out(person, at(8000)).json["doubts"] == ["far"]
    assert [(scan.way, scan.doubt) for scan in _scans()] == [("in", None), ("out", "far")]


def test_a_second_check_out_is_refused(stage: Stage, clock: FixedClock) -> None:
    person = stage.volunteer()
    stage.attended(person)
    clock.advance(minutes=1)
    assert stage.check_out(person).json["code"] == "not_checked_in"


def test_a_forgotten_check_out_is_closed_with_nothing_half_an_hour_after_the_shift(
    stage: Stage, clock: FixedClock
) -> None:
    person = stage.volunteer()
    clock.at = BEGINS
    stage.check_in(person, at(3000))
    clock.at = ENDS + timedelta(minutes=30)
    assert close_forgotten(DISTRICT) == 0
    clock.advance(seconds=1)
    assert stage.check_out(person).json["code"] == "check_out_too_late"
    assert close_forgotten(OTHER_DISTRICT) == 0
    assert (close_forgotten(DISTRICT), close_forgotten(DISTRICT)) == (1, 0)
    mine = person.get("/me/attendance").json["items"][0]
    assert (mine["state"], mine["minutes"], mine["checked_out_at"]) == ("forgotten", 0, None)
    assert [scan.position_sealed for scan in _scans()] == [None]


def test_after_a_forgotten_check_out_one_can_check_in_elsewhere(stage: Stage, clock: FixedClock) -> None:
    evening = shift(starts_at=ENDS.isoformat(), ends_at=(ENDS + timedelta(hours=2)).isoformat())
    planned = stage.leader.post("/activities", activity(stage.team, shifts=[evening])).json
    person, other = stage.volunteer(), planned["shifts"][0]["id"]
    person.post(f"/activities/{planned['id']}/signups", {"shift": other, "risks_seen": True})
    clock.at = BEGINS
    stage.check_in(person)
    clock.at = ENDS + timedelta(hours=1)
    body = {"code": stage.code(other), "position": at()}
    assert person.post(f"/shifts/{other}/check-in", body).json["code"] == "already_checked_in"
    close_forgotten(DISTRICT)
    assert person.post(f"/shifts/{other}/check-in", body).status_code == 201


def test_positions_nobody_looked_at_go_after_thirty_days(stage: Stage, clock: FixedClock) -> None:
    stage.attended(stage.volunteer(), at(3000))
    clock.advance(days=30)
    assert forget_positions(DISTRICT) == 1
    assert [(scan.position_sealed is None, scan.distance_m) for scan in _scans()] == [(True, 3000), (False, 3000)]
    clock.advance(hours=3)
    assert (forget_positions(OTHER_DISTRICT), forget_positions(DISTRICT), forget_positions(DISTRICT)) == (0, 1, 0)
