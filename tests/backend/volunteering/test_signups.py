"""Signing up: risks first, fit in age, never more than the places there are, and leaving in one step."""

from datetime import date, timedelta

import pytest

from backend.kit.clock import fresh_id
from backend.volunteering.signups.service import age_on
from points.clock import FixedClock
from tests.app import OTHER_DISTRICT
from tests.backend.volunteering.stage import ENDS, Stage, activity, shift
from tests.cast import Person


def _free(stage: Stage) -> int:
    return int(stage.leader.get(f"/activities/{stage.activity}").json["shifts"][0]["free"])


def _born(person: Person, day: date) -> None:
    said = person.put("/me/birth-date", {"birth_date": day.isoformat(), "guardian": True})
    assert said.status_code == 200, said.json


def test_a_resident_takes_a_place_and_sees_it(stage: Stage) -> None:
    person = stage.cast.resident()
    made = stage.sign_up(person)
    assert (made.status_code, made.json["state"]) == (201, "signed_up")
    assert _free(stage) == 19
    assert person.get(f"/activities/{stage.activity}/signups").json["items"] == [made.json]
    assert stage.cast.resident("孙立").get(f"/activities/{stage.activity}/signups").json["items"] == []


def test_who_has_not_seen_the_risks_is_shown_them_instead(stage: Stage) -> None:
    refused = stage.sign_up(stage.cast.resident(), risks_seen=False)
    assert (refused.status_code, refused.json["code"]) == (422, "risks_not_seen")
    assert "防滑鞋" in refused.json["detail"]
    assert _free(stage) == 20


def test_signing_up_twice_is_refused_and_repeating_the_request_is_not(stage: Stage) -> None:
    person, key = stage.cast.resident(), fresh_id()
    body = {"shift": stage.shift, "risks_seen": True}
    first = person.post(f"/activities/{stage.activity}/signups", body, key=key)
    assert person.post(f"/activities/{stage.activity}/signups", body, key=key).json == first.json
    assert stage.sign_up(person).json["code"] == "already_signed_up"
    assert _free(stage) == 19


def test_leaving_is_one_step_gives_the_place_back_and_can_be_repeated(stage: Stage) -> None:
    person = stage.cast.resident()
    path = f"/activities/{stage.activity}/signups/{stage.sign_up(person).json['id']}"
    assert (person.delete(path).status_code, _free(stage)) == (204, 20)
    assert (person.delete(path).status_code, _free(stage)) == (204, 20)
    assert stage.sign_up(person).status_code == 201


def test_nobody_leaves_for_another(stage: Stage) -> None:
    path = f"/activities/{stage.activity}/signups/{stage.sign_up(stage.cast.resident()).json['id']}"
    for other in (stage.cast.resident("孙立"), stage.leader, stage.cast.resident(district=OTHER_DISTRICT)):
        assert other.delete(path).json["code"] == "not_found"
    assert _free(stage) == 19


def test_a_full_shift_is_refused_until_somebody_leaves(stage: Stage) -> None:
    small = stage.leader.post("/activities", activity(stage.team, shifts=[shift(places=1)])).json
    stage.activity, stage.shift = small["id"], small["shifts"][0]["id"]
    first, second = stage.cast.resident(), stage.cast.resident("孙立")
    taken = stage.sign_up(first).json["id"]
    assert stage.sign_up(second).json["code"] == "shift_full"
    first.delete(f"/activities/{stage.activity}/signups/{taken}")
    assert stage.sign_up(second).status_code == 201


def test_under_14_a_guardian_is_needed_and_an_activity_may_ask_for_more(stage: Stage) -> None:
    grown = stage.leader.post("/activities", activity(stage.team, min_age=18)).json
    stage.activity, stage.shift = grown["id"], grown["shifts"][0]["id"]
    person = stage.cast.resident()
    for born, code in ((date(2012, 11, 21), "guardian_needed"), (date(2008, 11, 21), "too_young")):
        _born(person, born)
        refused = stage.sign_up(person)
        assert (refused.status_code, refused.json["code"]) == (403, code)
    _born(person, date(2008, 11, 20))
    assert stage.sign_up(person).status_code == 201


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2012, 11, 20), date(2026, 11, 19), 13),
        (date(2012, 11, 20), date(2026, 11, 20), 14),
    ],
)
def test_a_birthday_counts_from_its_day(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age


def test_a_shift_that_is_over_takes_nobody(stage: Stage, clock: FixedClock) -> None:
    clock.at = ENDS - timedelta(seconds=1)
    assert stage.sign_up(stage.cast.resident()).status_code == 201
    clock.at = ENDS
    assert stage.sign_up(stage.cast.resident("孙立")).json["code"] == "shift_over"


def test_a_shift_of_another_activity_is_not_found(stage: Stage) -> None:
    other = stage.leader.post("/activities", activity(stage.team)).json["shifts"][0]["id"]
    assert stage.sign_up(stage.cast.resident(), shift=other).json["code"] == "not_found"


def test_a_sign_up_that_is_not_well_formed_is_refused(stage: Stage) -> None:
    person = stage.cast.resident()
    for change in ({"shift": "one"}, {"risks_seen": "true"}, {"risks_seen": None}, {"resident": stage.leader.id}):
        assert stage.sign_up(person, **change).json["code"] == "invalid_fields", change
