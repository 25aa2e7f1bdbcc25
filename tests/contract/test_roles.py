"""Who may do what, and who is in at all: each operation against each role, made from the table of permissions."""

from __future__ import annotations

import pytest

from backend.kit.auth import PERMISSIONS, Role
from backend.kit.db import find, transaction
from backend.staff.models import StaffMember
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast, Person
from tests.contract.surface import asked, problem_of, routes
from tests.contract.town import Town


def test_every_role_is_refused_what_the_table_does_not_give_it(town: Town) -> None:
    """Default deny: each operation, each role that its permission does not name."""
    refused = 0
    for route in routes(town.app):
        path = route.at(**dict.fromkeys(route.parts, "x"))
        for name, person in town.people.items():
            roles = town.roles[name]
            if name == "anyone" or PERMISSIONS[route.may] & (roles | {Role.ANYONE}):
                continue
            problem = problem_of(asked(person, route.method, path))
            assert (problem["status"], problem["code"]) == (403, "not_permitted"), (route.label, name, problem)
            refused += 1
    assert refused > 500


def test_every_role_gets_through_to_what_the_table_gives_it(town: Town) -> None:
    for route in routes(town.app):
        path = route.at(**dict.fromkeys(route.parts, "x"))
        for name, person in town.all_with(route.may, town.people).items():
            if route.may == "session.end":
                continue  # would end the sign-ins of the town
            answer = asked(person, route.method, path)
            code = answer.json["code"] if answer.content_type == "application/problem+json" else ""
            assert code not in ("token_invalid", "not_permitted"), (route.label, name)


def test_every_permission_names_roles_and_is_asked_for_or_kept_for_later(town: Town) -> None:
    assert all(PERMISSIONS.values())
    assert {route.may for route in routes(town.app)} <= PERMISSIONS.keys()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer not-a-token",
        "Bearer " + "x" * 5000,
        "Bearer " + "\xff\xfe",
        "Bearer a b c",
        "Basic cmVzaWRlbnQ6cGFzcw==",
        "bearer null",
        "Token abc",
    ],
)
def test_no_operation_but_the_open_ones_is_had_without_a_sign_in(town: Town, header: str | None) -> None:
    client = town.app.test_client()
    for route in routes(town.app):
        if Role.ANYONE in PERMISSIONS[route.may]:
            continue
        path = f"/api/v1{route.at(**dict.fromkeys(route.parts, 'x'))}"
        answer = client.open(path, method=route.method, headers={"Authorization": header} if header is not None else {})
        problem = problem_of(answer)
        assert (problem["status"], problem["code"]) == (401, "token_invalid"), route.label
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_ended_session_is_refused(town: Town) -> None:
    with town.app.app_context():
        person = Cast(town.app).resident("短暂来客")
    assert asked(person, "GET", "/me").status_code == 200
    assert asked(person, "DELETE", "/session").status_code == 204
    assert problem_of(asked(person, "GET", "/me"))["code"] == "token_invalid"
    assert problem_of(asked(person, "DELETE", "/session"))["code"] == "token_invalid"


def test_a_session_ends_by_the_servers_clock(town: Town) -> None:
    with town.app.app_context():
        person = Cast(town.app).resident("久留来客")
    clock = town.app.extensions["civic_clock"]
    clock.advance(days=1)
    try:
        assert problem_of(asked(person, "GET", "/me"))["code"] == "token_invalid"
    finally:
        clock.advance(days=-1)


def test_a_staff_members_roles_are_read_anew_and_a_closed_one_is_out(town: Town) -> None:
    with town.app.app_context():
        member = Cast(town.app).staff(Role.AUDITOR)
    assert asked(member, "GET", "/staff/funds").status_code == 200
    _change(town, member, roles=[Role.HANDLER.value])
    assert problem_of(asked(member, "GET", "/staff/funds"))["code"] == "not_permitted"
    _change(town, member, closed=True)
    assert problem_of(asked(member, "GET", "/staff/funds"))["code"] == "token_invalid"


def test_staff_roles_cannot_hold_what_comes_from_belonging(town: Town) -> None:
    """A row that says `resident` or `owner` of a staff member opens nothing."""
    with town.app.app_context():
        member = Cast(town.app).staff(Role.RESIDENT, Role.OWNER, Role.REPORTER)
    for path in ("/me", "/tickets", "/rewards"):
        assert problem_of(asked(member, "GET", path))["code"] == "not_permitted"


def test_a_token_of_one_district_says_nothing_in_another(town: Town) -> None:
    near, far = town.people["staff"], town.foreigners["staff"]
    assert near.district == DISTRICT
    assert far.district == OTHER_DISTRICT
    assert asked(near, "GET", "/staff/merchants").json["items"]
    assert asked(far, "GET", "/staff/merchants").json["items"] == []


def _change(town: Town, member: Person, **values: object) -> None:
    with town.app.app_context(), transaction():
        row = find(StaffMember, member.district, member.id, lock=True)
        for name, value in values.items():
            setattr(row, name, value)
