"""Teams and stations: founded by an admin, seen by all who are signed in."""

from backend.kit.auth import Role
from backend.kit.clock import fresh_id
from tests.app import OTHER_DISTRICT
from tests.backend.volunteering.stage import DOOR, Stage
from tests.cast import Cast


def test_an_admin_founds_a_team_that_everybody_sees_without_its_leaders_id(cast: Cast) -> None:
    leader = cast.resident("周队长")
    founded = cast.staff(Role.ADMIN).post(
        "/staff/teams", {"name": "暖阳服务队", "street": "370112001", "leader": leader.id}
    )
    assert founded.status_code == 201
    assert founded.json["leader"] == leader.id
    seen = cast.resident().get("/teams").json["items"]
    assert seen == [{"id": founded.json["id"], "name": "暖阳服务队", "street": "370112001"}]


def test_the_leader_finds_the_teams_they_lead(stage: Stage) -> None:
    assert [team["id"] for team in stage.leader.get("/teams", led_by_me="true").json["items"]] == [stage.team]
    assert stage.cast.resident().get("/teams", led_by_me="true").json["items"] == []


def test_a_second_team_of_the_same_name_is_refused(stage: Stage) -> None:
    again = stage.admin.post("/staff/teams", {"name": "暖阳服务队", "street": "370112002", "leader": stage.leader.id})
    assert (again.status_code, again.json["code"]) == (409, "team_name_taken")
    assert len(stage.leader.get("/teams").json["items"]) == 1


def test_a_repeated_founding_gets_the_first_answer(cast: Cast) -> None:
    admin, leader = cast.staff(Role.ADMIN), cast.resident("周队长")
    body = {"name": "暖阳服务队", "street": "370112001", "leader": leader.id}
    key = fresh_id()
    first, again = admin.post("/staff/teams", body, key=key), admin.post("/staff/teams", body, key=key)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"


def test_an_unknown_or_foreign_leader_and_an_unknown_street_are_refused(cast: Cast) -> None:
    admin, foreign = cast.staff(Role.ADMIN), cast.resident(district=OTHER_DISTRICT)
    body = {"name": "暖阳服务队", "street": "370112001", "leader": foreign.id}
    assert admin.post("/staff/teams", body).json["code"] == "leader_unknown"
    here = cast.resident("周队长").id
    assert admin.post("/staff/teams", body | {"leader": here, "street": "370199999"}).json["code"] == "street_unknown"


def test_a_station_keeps_its_points_in_wgs84(cast: Cast) -> None:
    point = DOOR | {"datum": "gcj02", "lat": 36.7, "lon": 117.1}
    founded = cast.staff(Role.ADMIN).post(
        "/staff/stations", {"name": "洪家楼站", "street": "370112001", "check_in_points": [point]}
    )
    kept = founded.json["check_in_points"][0]
    assert kept == {"name": "东门", "lat": 36.699527, "lon": 117.093869, "radius_m": 100}
    assert cast.resident().get("/stations").json["items"] == [founded.json]


def test_a_second_station_of_the_same_name_is_refused(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    body = {"name": "洪家楼站", "street": "370112001", "check_in_points": [DOOR]}
    assert admin.post("/staff/stations", body).status_code == 201
    assert admin.post("/staff/stations", body).json["code"] == "station_name_taken"


BAD_STATIONS: list[dict[str, object]] = [
    {"check_in_points": []},
    {"check_in_points": [DOOR] * 21},
    {"check_in_points": [DOOR | {"radius_m": 9}]},
    {"check_in_points": [DOOR | {"radius_m": 50.5}]},
    {"check_in_points": [DOOR | {"lat": 90.1}]},
    {"check_in_points": [DOOR | {"lon": "117"}]},
    {"check_in_points": [DOOR | {"lat": True}]},
    {"check_in_points": [DOOR | {"datum": "bd09"}]},
    {"check_in_points": [DOOR | {"more": 1}]},
    {"name": " "},
    {"name": "站" * 61},
    {"name": 7},
    {"street": "37011200a"},
    {"keeper": "nobody"},
]


def test_a_station_that_is_not_well_formed_is_refused(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    body = {"name": "洪家楼站", "street": "370112001", "check_in_points": [DOOR]}
    for change in BAD_STATIONS:
        answer = admin.post("/staff/stations", body | change)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields"), change


def test_only_an_admin_founds(cast: Cast) -> None:
    body = {"name": "洪家楼站", "street": "370112001", "check_in_points": [DOOR]}
    for person in (cast.resident(), cast.staff(Role.REVIEWER)):
        answer = person.post("/staff/stations", body)
        assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")
    assert cast.stranger().post("/staff/stations", body).json["code"] == "token_invalid"
    assert cast.stranger().get("/teams").status_code == 401


def test_another_district_sees_none_of_it(stage: Stage) -> None:
    foreigner = stage.cast.resident(district=OTHER_DISTRICT)
    assert foreigner.get("/teams").json["items"] == []
    assert foreigner.get("/activities").json["items"] == []
    assert foreigner.get(f"/activities/{stage.activity}").json["code"] == "not_found"
