"""Reporting: who may, what is kept, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.auth import Role
from backend.kit.db import db, find
from backend.kit.geo import Position, from_gcj02, metres_between
from backend.tickets.models import Ticket
from points.clock import FixedClock
from points.ids import new_id
from tests.app import DISTRICT, NOON, OTHER_DISTRICT
from tests.backend.tickets.town import PLACE, Town, join_group, report
from tests.cast import Cast
from tests.pictures import photo_of


def test_a_reporter_files_a_ticket_and_its_first_clock_runs(town: Town) -> None:
    ticket = town.reporter.post("/tickets", report(address="山大南路 27 号旁")).json
    assert (ticket["state"], ticket["source"], ticket["mine"]) == ("received", "reporter", True)
    assert (ticket["reported_at"], ticket["response_due_at"]) == (
        "2026-11-20T04:00:00+00:00",
        "2026-11-21T04:00:00+00:00",
    )
    assert (ticket["due_at"], ticket["card"], ticket["response_late"]) == (None, "none", False)
    assert [(step["step"], step["by"]) for step in ticket["steps"]] == [("report", "reporter")]


def test_a_position_of_a_phone_is_kept_and_turned_into_wgs84(town: Town) -> None:
    ticket = town.report()
    row = find(Ticket, DISTRICT, ticket)
    expected = from_gcj02(PLACE["lat"], PLACE["lon"])
    assert row.given_position == PLACE
    assert metres_between(Position(row.lat or 0, row.lon or 0), expected) < 0.01
    assert 300 < metres_between(Position(row.lat or 0, row.lon or 0), Position(PLACE["lat"], PLACE["lon"])) < 1000


def test_a_position_in_wgs84_stays_what_it_is(town: Town) -> None:
    ticket = town.reporter.post("/tickets", report(position={"lat": 36.68, "lon": 117.07, "datum": "wgs84"})).json
    assert ticket["position"] == {"lat": 36.68, "lon": 117.07}


def test_an_address_alone_is_enough(town: Town) -> None:
    answer = town.reporter.post("/tickets", report(position=None, address="洪楼广场北侧"))
    assert (answer.status_code, answer.json["position"]) == (201, None)


def test_own_photos_come_with_a_report_and_the_desk_may_look_at_them(town: Town) -> None:
    photo = photo_of(town.reporter, 1)
    ticket = town.reporter.post("/tickets", report(photos=[photo])).json
    assert ticket["photos"] == [photo]
    assert town.desk.get(f"/photos/{photo}").json["used_for"] == f"ticket:{ticket['id']}"
    assert town.second.get(f"/photos/{photo}").json["code"] == "not_found"


def test_somebody_elses_photo_cannot_be_used(town: Town) -> None:
    answer = town.reporter.post("/tickets", report(photos=[photo_of(town.second, 2)]))
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert town.reporter.get("/tickets").json["items"] == []


def test_a_photo_used_before_is_refused_and_nothing_is_kept(town: Town) -> None:
    photo = photo_of(town.reporter, 3)
    town.report(photos=[photo])
    answer = town.reporter.post("/tickets", report(photos=[photo]))
    assert (answer.status_code, answer.json["code"]) == (409, "photo_repeated")
    assert len(town.reporter.get("/tickets").json["items"]) == 1


def test_a_resident_in_no_group_cannot_report(cast: Cast) -> None:
    answer = cast.resident().post("/tickets", report())
    assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")


def test_staff_cannot_report(cast: Cast) -> None:
    assert cast.staff(Role.DISPATCHER).post("/tickets", report()).json["code"] == "not_permitted"


def test_who_left_the_group_cannot_report_from_the_next_request_on(cast: Cast) -> None:
    resident = cast.resident()
    group = join_group(cast, resident)
    assert resident.post("/tickets", report()).status_code == 201
    assert cast.staff(Role.ADMIN).delete(f"/staff/reporter-groups/{group}/members/{resident.id}").status_code == 204
    assert resident.post("/tickets", report()).json["code"] == "not_permitted"


def test_a_repeated_report_is_one_ticket(town: Town, clock: FixedClock) -> None:
    key = new_id(clock.now())
    first, second = (town.reporter.post("/tickets", report(), key=key) for _ in range(2))
    assert (first.json, second.headers["Idempotency-Replayed"]) == (second.json, "true")
    assert len(town.reporter.get("/tickets").json["items"]) == 1


def test_words_that_point_at_a_person_are_refused(town: Town) -> None:
    for field in ("description", "address"):
        answer = town.reporter.post("/tickets", report(**{field: "店主电话 13800001111"}))
        assert (answer.status_code, answer.json["code"]) == (422, "names_a_person"), field
    assert town.reporter.get("/tickets").json["items"] == []


def test_more_tickets_than_a_person_can_see_in_a_day_are_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from backend.tickets import service
    from backend.tickets.classes import book

    few = dataclasses.replace(book(), per_day=2)
    monkeypatch.setattr(service, "book", lambda: few)
    town.report()
    town.report()
    answer = town.reporter.post("/tickets", report())
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_tickets")
    assert town.second.post("/tickets", report()).status_code == 201


BAD: list[tuple[dict[str, Any], str]] = [
    ({"category": "随便"}, "ticket_category_unknown"),
    ({"category": ""}, "invalid_fields"),
    ({"category": None}, "invalid_fields"),
    ({"category": 3}, "invalid_fields"),
    ({"description": ""}, "invalid_fields"),
    ({"description": "   "}, "invalid_fields"),
    ({"description": "垃" * 4001}, "invalid_fields"),
    ({"description": "垃\x00圾"}, "invalid_fields"),
    ({"description": None}, "invalid_fields"),
    ({"position": None}, "ticket_place_needed"),
    ({"position": {"lat": 91, "lon": 117}}, "invalid_fields"),
    ({"position": {"lat": 36, "lon": 181}}, "invalid_fields"),
    ({"position": {"lat": "36.6", "lon": 117}}, "invalid_fields"),
    ({"position": {"lat": True, "lon": 117}}, "invalid_fields"),
    ({"position": {"lat": 36.6}}, "invalid_fields"),
    ({"position": {"lat": 36.6, "lon": 117, "datum": "bd09"}}, "invalid_fields"),
    ({"position": {"lat": 36.6, "lon": 117, "accuracy": -1}}, "invalid_fields"),
    ({"position": {"lat": 36.6, "lon": 117, "height": 3}}, "invalid_fields"),
    ({"position": [36.6, 117]}, "invalid_fields"),
    ({"street": "370112999"}, "street_unknown"),
    ({"street": "37011200１"}, "invalid_fields"),
    ({"address": "甲" * 201}, "invalid_fields"),
    ({"photos": ["no-id"]}, "invalid_fields"),
    ({"photos": "x"}, "invalid_fields"),
    ({"photos": [new_id(NOON) for _ in range(10)]}, "invalid_fields"),
    ({"photos": [new_id(NOON)] * 2}, "invalid_fields"),
    ({"reporter": "somebody"}, "invalid_fields"),
    ({"state": "filed"}, "invalid_fields"),
]


def test_a_report_that_cannot_be_is_refused(town: Town, subtests: pytest.Subtests) -> None:
    for changes, code in BAD:
        with subtests.test(changes=str(changes)[:60]):
            answer = town.reporter.post("/tickets", report(**changes))
            assert (answer.status_code, answer.json["code"]) == (422, code)
    assert db.session.query(Ticket).count() == 0


def test_a_position_at_the_end_of_the_world_is_no_fault(town: Town) -> None:
    for lat, lon in [(90, 180), (-90, -180), (0, 0), (42.3594, -71.0587), (1e-300, 72.1), (55.8, 137.8)]:
        answer = town.reporter.post("/tickets", report(position={"lat": lat, "lon": lon}))
        assert answer.status_code == 201, (lat, lon)


def test_a_resident_sees_own_tickets_only(town: Town) -> None:
    mine, others = town.report(), town.report(town.second)
    assert [line["id"] for line in town.reporter.get("/tickets").json["items"]] == [mine]
    answer = town.reporter.get(f"/tickets/{others}")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_staff_see_all_tickets_by_state_class_and_unit(town: Town) -> None:
    first, second = town.report(), town.report(town.second, category="路灯故障")
    town.step(town.desk, first, "verify")
    town.step(town.desk, first, "dispatch", unit="sanitation")
    assert {line["id"] for line in town.desk.get("/tickets").json["items"]} == {first, second}
    for query, expected in (
        ({"state": "dispatched"}, [first]),
        ({"category": "路灯故障"}, [second]),
        ({"unit": "sanitation"}, [first]),
        ({"unit": "roads"}, []),
    ):
        assert [line["id"] for line in town.handler.get("/tickets", **query).json["items"]] == expected


def test_a_list_is_asked_for_properly(town: Town) -> None:
    for query in [{"state": "gone"}, {"limit": "0"}, {"cursor": "x"}, {"who": "x"}, {"unit": "\x00"}]:
        answer = town.desk.get("/tickets", **query)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields"), query


def test_a_list_comes_in_pages(town: Town) -> None:
    made = [town.report() for _ in range(3)]
    first = town.reporter.get("/tickets", limit=2).json
    second = town.reporter.get("/tickets", limit=2, cursor=first["next_cursor"]).json
    found = [line["id"] for line in first["items"] + second["items"]]
    assert (sorted(found), second["next_cursor"]) == (sorted(made), None)


def test_nobody_is_told_who_reported(town: Town) -> None:
    ticket = town.closed()
    for person in (town.desk, town.handler, town.walker, town.cast.staff(Role.ADMIN), town.reporter):
        for answer in (person.get(f"/tickets/{ticket}"), person.get("/tickets")):
            assert answer.status_code == 200
            assert town.reporter.id not in answer.get_data(as_text=True)
            assert "李秋分" not in answer.get_data(as_text=True)


def test_what_it_earned_is_its_reporters_to_see_and_its_marks_are_the_desks(town: Town) -> None:
    ticket = town.filed()
    own, desk = town.reporter.get(f"/tickets/{ticket}").json, town.desk.get(f"/tickets/{ticket}").json
    assert (own["earning"] is not None, own["marks"]) == (True, None)
    assert (desk["earning"], desk["marks"]) == (None, [])


def test_a_ticket_of_another_district_is_not_there(town: Town) -> None:
    ticket = town.report()
    foreign = town.cast.staff(Role.DISPATCHER, Role.HANDLER, Role.GRID_WORKER, district=OTHER_DISTRICT)
    asked = [foreign.get(f"/tickets/{ticket}"), foreign.get(f"/tickets/{ticket}/duplicates")]
    bodies = {
        "verify": {},
        "refuse": {"reason": "不属实"},
        "dispatch": {"unit": "roads"},
        "return": {"reason": "非本单位"},
        "fix": {"note": "已修"},
        "check": {"passed": True},
    }
    asked += [foreign.post(f"/tickets/{ticket}/{step}", body) for step, body in bodies.items()]
    resident = town.cast.resident(district=OTHER_DISTRICT)
    asked += [resident.get(f"/tickets/{ticket}"), resident.post(f"/tickets/{ticket}/rate", {"score": 5})]
    asked += [resident.post(f"/tickets/{ticket}/reopen", {"reason": "没好"})]
    assert {(answer.status_code, answer.json["code"]) for answer in asked} == {(404, "not_found")}


def test_a_ticket_that_never_was_is_not_there(town: Town) -> None:
    for identifier in ["x", "00000000-0000-7000-8000-000000000000", "%00", "é" * 300, "classes2"]:
        assert town.desk.get(f"/tickets/{identifier}").json["code"] == "not_found", identifier
        assert town.desk.post(f"/tickets/{identifier}/verify").json["code"] == "not_found", identifier
