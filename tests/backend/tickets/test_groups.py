"""Groups of photo reporters, kept by staff."""

from __future__ import annotations

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db
from points.ids import new_id
from tests.app import NOON, OTHER_DISTRICT
from tests.backend.tickets.town import join_group, report
from tests.cast import Cast


def test_staff_make_a_group_and_put_residents_in(cast: Cast) -> None:
    desk, resident = cast.staff(Role.DISPATCHER), cast.resident()
    group = desk.post("/staff/reporter-groups", {"name": "洪楼拍客", "street": "370112002"}).json
    assert (group["name"], group["street"]) == ("洪楼拍客", "370112002")
    assert desk.post(f"/staff/reporter-groups/{group['id']}/members", {"resident": resident.id}).status_code == 201
    listed = desk.get(f"/staff/reporter-groups/{group['id']}/members").json["items"]
    assert [member["resident"] for member in listed] == [resident.id]
    assert desk.get("/staff/reporter-groups").json["items"] == [group]
    assert desk.get(f"/staff/reporter-groups/{group['id']}").json == group
    actions = [line.action for line in db.session.query(AuditLine).order_by(AuditLine.number)]
    assert actions == ["reporter_group.made", "reporter_group.joined"]


def test_who_left_can_come_back(cast: Cast) -> None:
    admin, resident = cast.staff(Role.ADMIN), cast.resident()
    group = join_group(cast, resident)
    path = f"/staff/reporter-groups/{group}/members"
    assert admin.delete(f"{path}/{resident.id}").status_code == 204
    assert admin.get(path).json["items"] == []
    assert admin.post(path, {"resident": resident.id}).status_code == 201
    assert resident.post("/tickets", report()).status_code == 201


def test_a_name_is_used_once(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    admin.post("/staff/reporter-groups", {"name": "洪楼拍客"})
    answer = admin.post("/staff/reporter-groups", {"name": "洪楼拍客"})
    assert (answer.status_code, answer.json["code"]) == (409, "reporter_group_name_taken")


def test_nobody_is_in_a_group_twice(cast: Cast) -> None:
    resident = cast.resident()
    group = join_group(cast, resident)
    answer = cast.staff(Role.ADMIN).post(f"/staff/reporter-groups/{group}/members", {"resident": resident.id})
    assert (answer.status_code, answer.json["code"]) == (409, "reporter_group_member_already")


def test_a_resident_of_another_district_cannot_join(cast: Cast) -> None:
    group = join_group(cast, cast.resident())
    foreign = cast.resident(district=OTHER_DISTRICT)
    answer = cast.staff(Role.ADMIN).post(f"/staff/reporter-groups/{group}/members", {"resident": foreign.id})
    assert (answer.status_code, answer.json["code"]) == (422, "resident_unknown")


def test_a_group_of_another_district_is_not_there(cast: Cast) -> None:
    resident = cast.resident()
    path = f"/staff/reporter-groups/{join_group(cast, resident)}"
    foreign = cast.staff(Role.ADMIN, district=OTHER_DISTRICT)
    asked = [
        foreign.get(path),
        foreign.get(f"{path}/members"),
        foreign.post(f"{path}/members", {"resident": resident.id}),
        foreign.delete(f"{path}/members/{resident.id}"),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in asked} == {(404, "not_found")}
    assert foreign.get("/staff/reporter-groups").json["items"] == []


def test_only_the_desk_and_the_admin_keep_groups(cast: Cast) -> None:
    for role in sorted(set(Role) - {Role.ADMIN, Role.DISPATCHER}):
        who = cast.staff(role)
        assert who.get("/staff/reporter-groups").json["code"] == "not_permitted", role
        assert who.post("/staff/reporter-groups", {"name": "甲"}).json["code"] == "not_permitted", role


def test_a_group_that_cannot_be_is_refused(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    bodies: list[tuple[dict[str, object], str]] = [
        ({}, "invalid_fields"),
        ({"name": ""}, "invalid_fields"),
        ({"name": "甲" * 61}, "invalid_fields"),
        ({"name": "甲", "street": "1"}, "invalid_fields"),
        ({"name": "甲", "street": "370112999"}, "street_unknown"),
        ({"name": "甲", "members": []}, "invalid_fields"),
    ]
    for body, code in bodies:
        answer = admin.post("/staff/reporter-groups", body)
        assert (answer.status_code, answer.json["code"]) == (422, code), body


def test_only_a_member_can_be_taken_out(cast: Cast) -> None:
    group, admin = join_group(cast, cast.resident()), cast.staff(Role.ADMIN)
    for resident in ["x", new_id(NOON), "%00"]:
        answer = admin.delete(f"/staff/reporter-groups/{group}/members/{resident}")
        assert (answer.status_code, answer.json["code"]) == (422, "resident_unknown"), resident
