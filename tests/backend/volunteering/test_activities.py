"""Activities with shifts: planned by the leader of the team, within one day each, with places to check in."""

from datetime import timedelta
from typing import Any

from backend.kit.auth import Role
from backend.kit.db import db
from backend.volunteering.activities.models import Shift
from tests.backend.volunteering.stage import BEGINS, DOOR, ENDS, Stage, activity, shift
from tests.cast import Cast


def _code_of(stage: Stage, **changes: Any) -> str:
    answer = stage.leader.post("/activities", activity(stage.team) | changes)
    return str(answer.json.get("code", answer.status_code))


def test_everybody_sees_the_risks_and_the_free_places_of_an_activity(stage: Stage) -> None:
    seen = stage.cast.resident().get(f"/activities/{stage.activity}")
    assert seen.status_code == 200
    assert seen.json["risks"] == "冬季路滑，请穿防滑鞋。"
    assert (seen.json["category"], seen.json["team"]) == ("敬老助残", stage.team)
    only = seen.json["shifts"][0]
    assert (only["places"], only["free"], only["check_in_points"][0]["radius_m"]) == (20, 20, 100)
    assert [item["id"] for item in stage.leader.get("/activities", team=stage.team).json["items"]] == [stage.activity]


def test_the_secret_of_the_code_is_sealed_and_not_shown(stage: Stage) -> None:
    kept = db.session.get(Shift, (stage.leader.district, stage.shift))
    assert kept is not None
    assert kept.code_sealed.startswith("k1.")
    assert "code" not in stage.leader.get(f"/activities/{stage.activity}").text


def test_shifts_are_shown_earliest_first(stage: Stage) -> None:
    later = shift(starts_at=(BEGINS + timedelta(days=1)).isoformat(), ends_at=(ENDS + timedelta(days=1)).isoformat())
    planned = stage.leader.post("/activities", activity(stage.team, shifts=[later, shift()])).json
    again = stage.leader.get(f"/activities/{planned['id']}").json
    assert [s["starts_at"] for s in again["shifts"]] == sorted(s["starts_at"] for s in planned["shifts"])
    assert planned == again


def test_a_shift_takes_the_stations_points_unless_it_has_its_own(stage: Stage) -> None:
    gate = DOOR | {"name": "西门", "radius_m": 60}
    station = stage.admin.post(
        "/staff/stations", {"name": "洪家楼站", "street": "370112001", "check_in_points": [gate]}
    ).json["id"]
    shifts = [shift(check_in_points=[]), shift()]
    planned = stage.leader.post("/activities", activity(stage.team, station=station, shifts=shifts)).json
    assert sorted(s["check_in_points"][0]["name"] for s in planned["shifts"]) == ["东门", "西门"]
    assert _code_of(stage, shifts=[shift(check_in_points=[])]) == "check_in_points_needed"
    assert _code_of(stage, station=stage.team) == "station_unknown"


def test_a_shift_ends_after_it_begins_and_on_the_same_local_day(stage: Stage) -> None:
    midnight = BEGINS + timedelta(hours=11)
    assert _code_of(stage, shifts=[shift(ends_at=BEGINS.isoformat())]) == "shift_times_wrong"
    assert _code_of(stage, shifts=[shift(ends_at=(midnight + timedelta(seconds=1)).isoformat())]) == (
        "shift_across_midnight"
    )
    assert _code_of(stage, shifts=[shift(ends_at=midnight.isoformat())]) == "201"


def test_a_shift_that_is_over_cannot_be_planned_and_nothing_of_it_stays(stage: Stage) -> None:
    yesterday = shift(
        starts_at=(BEGINS - timedelta(days=1)).isoformat(), ends_at=(ENDS - timedelta(days=1)).isoformat()
    )
    assert _code_of(stage, shifts=[shift(), yesterday]) == "shift_over"
    assert len(stage.leader.get("/activities").json["items"]) == 1


def test_an_activity_that_is_not_well_formed_is_refused(stage: Stage) -> None:
    bad: list[dict[str, object]] = [
        {"shifts": []},
        {"shifts": [shift()] * 51},
        {"shifts": [shift(places=0)]},
        {"shifts": [shift(places=1001)]},
        {"shifts": [shift(places="20")]},
        {"shifts": [shift(starts_at="2026-11-20T13:00:00")]},
        {"shifts": [shift(starts_at="soon")]},
        {"shifts": [shift(taken=5)]},
        {"title": ""},
        {"title": "题" * 81},
        {"category": None},
        {"risks": ""},
        {"risks": "险" * 1001},
        {"description": "述" * 2001},
        {"min_age": 0},
        {"min_age": 18.5},
        {"team": "暖阳"},
        {"id": stage.activity},
    ]
    for change in bad:
        assert _code_of(stage, **change) == "invalid_fields", change
    answer = stage.leader.post("/activities", [])
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")


def test_another_teams_leader_finds_neither_the_team_nor_its_code(stage: Stage) -> None:
    other = stage.cast.resident("吴队长")
    stage.admin.post("/staff/teams", {"name": "清泉服务队", "street": "370112002", "leader": other.id})
    planned = other.post("/activities", activity(stage.team))
    assert (planned.status_code, planned.json["code"]) == (404, "not_found")
    assert other.get(f"/shifts/{stage.shift}/code").json["code"] == "not_found"


def test_who_leads_no_team_may_not_plan_nor_read_a_code(stage: Stage, cast: Cast) -> None:
    for person in (cast.resident(), cast.staff(Role.ADMIN)):
        assert person.post("/activities", activity(stage.team)).json["code"] == "not_permitted"
        assert person.get(f"/shifts/{stage.shift}/code").json["code"] == "not_permitted"


def test_an_unknown_activity_or_shift_is_not_found(stage: Stage) -> None:
    for unknown in (stage.team, "nothing", "%00", "a" * 300):
        assert stage.leader.get(f"/activities/{unknown}").json["code"] == "not_found", unknown
        assert stage.leader.get(f"/shifts/{unknown}/code").json["code"] == "not_found", unknown
