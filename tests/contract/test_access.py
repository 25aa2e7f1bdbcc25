"""Whose is what: each route to an object, tried by everybody it is not for; made from the routes themselves."""

from __future__ import annotations

import pytest
from flask import Flask

from backend.kit.auth import PERMISSIONS, Role
from points.ids import new_id
from tests.contract.surface import BODIES, Route, asked, problem_of, routes
from tests.contract.town import Town

# What each part of a path stands for (a name in Town.ids), and who of the same district, though allowed to use the
# route, is a stranger to the object. People of the other district are strangers to all of them.
_RESIDENTS = ("other_resident", "reporter", "leader")
OBJECTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "GET /me/earnings/<id>": ({"id": "earning"}, _RESIDENTS),
    "GET /me/transfers/<id>": ({"id": "transfer"}, _RESIDENTS),
    "GET /me/statement/<entry>/proof": ({"entry": "entry"}, _RESIDENTS),
    "GET /photos/<id>": ({"id": "photo"}, _RESIDENTS),
    "GET /photos/<id>/file": ({"id": "photo"}, _RESIDENTS),
    "GET /tickets/<id>": ({"id": "ticket"}, ("resident", "other_reporter")),
    "GET /tickets/<id>/duplicates": ({"id": "ticket"}, ()),
    "GET /rewards/<id>": ({"id": "reward"}, ()),
    "GET /rewards/<id>/trial": ({"id": "reward"}, ()),
    "GET /activities/<activity>": ({"activity": "activity"}, ()),
    "GET /activities/<activity>/signups": ({"activity": "activity"}, ()),
    "GET /redemptions/<id>": ({"id": "redemption"}, _RESIDENTS),
    "GET /shifts/<shift>/code": ({"shift": "shift"}, ("other_leader",)),
    "GET /shifts/<shift>/attendance": ({"shift": "shift"}, ("other_leader",)),
    "GET /staff/merchants/<id>": ({"id": "merchant"}, ()),
    "GET /staff/merchants/<id>/clerks": ({"id": "merchant"}, ()),
    "GET /staff/reporter-groups/<id>": ({"id": "group"}, ()),
    "GET /staff/reporter-groups/<id>/members": ({"id": "group"}, ()),
    "POST /activities/<activity>/signups": ({"activity": "activity"}, ()),
    "POST /shifts/<shift>/check-in": ({"shift": "shift"}, ()),
    "POST /shifts/<shift>/check-out": ({"shift": "shift"}, ()),
    "POST /shifts/<shift>/attendance/<attendance>/correct": (
        {"shift": "shift", "attendance": "attendance"},
        ("other_leader",),
    ),
    "POST /shifts/<shift>/attendance/<attendance>/confirm": (
        {"shift": "shift", "attendance": "attendance"},
        ("other_leader",),
    ),
    "POST /staff/attendance/<attendance>/confirm": ({"attendance": "attendance"}, ()),
    "POST /redemptions/<id>/code": ({"id": "redemption"}, _RESIDENTS),
    "POST /merchant/redemptions/<id>/capture": ({"id": "redemption"}, ("other_clerk", "owner")),
    "POST /tickets/<id>/verify": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/join": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/refuse": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/dispatch": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/return": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/fix": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/check": ({"id": "ticket"}, ()),
    "POST /tickets/<id>/rate": ({"id": "ticket"}, ("resident", "other_reporter")),
    "POST /tickets/<id>/reopen": ({"id": "ticket"}, ("resident", "other_reporter")),
    "PUT /staff/members/<id>": ({"id": "member"}, ()),
    "POST /staff/merchants/<id>/clerks": ({"id": "merchant"}, ()),
    "POST /staff/merchants/<id>/settlements": ({"id": "merchant"}, ()),
    "POST /staff/reporter-groups/<id>/members": ({"id": "group"}, ()),
    "PUT /staff/rewards/<id>": ({"id": "reward"}, ()),
    "POST /staff/rewards/<id>/stock": ({"id": "reward"}, ()),
    "GET /staff/rule-packs/<id>": ({"id": "pack"}, ()),
    "DELETE /staff/rule-packs/<id>": ({"id": "pack"}, ()),
    "POST /staff/rule-packs/<id>/publish": ({"id": "pack"}, ()),
    "POST /staff/rule-packs/<id>/simulation": ({"id": "pack"}, ()),
    "GET /staff/earnings/<id>": ({"id": "earning"}, ()),
    "POST /me/earnings/<id>/appeal": ({"id": "earning"}, _RESIDENTS),
    "POST /staff/earnings/<id>/appeal/extension": ({"id": "appealed"}, ()),
    "POST /staff/earnings/<id>/appeal/answer": ({"id": "appealed"}, ()),
    "POST /staff/earnings/<id>/correction": ({"id": "earning"}, ()),
    "POST /staff/earnings/<id>/undoing": ({"id": "earning"}, ()),
    "POST /staff/corrections/<id>/confirm": ({"id": "correction"}, ()),
    "POST /staff/corrections/<id>/decline": ({"id": "correction"}, ()),
    "POST /staff/top-ups/<id>/confirm": ({"id": "top_up"}, ()),
    "GET /acts/<id>": ({"id": "act"}, _RESIDENTS),
    "POST /acts/<id>/review": ({"id": "act"}, ()),
    "POST /acts/<id>/appeal": ({"id": "act"}, _RESIDENTS),
    "POST /acts/<id>/appeal/extension": ({"id": "act"}, ()),
    "POST /acts/<id>/appeal/answer": ({"id": "act"}, ()),
    "PUT /staff/residents/<id>/household": ({"id": "resident"}, ()),
    # what ends something comes last
    "DELETE /me/household/members/<id>": ({"id": "household_place"}, _RESIDENTS),
    "DELETE /staff/residents/<id>/household": ({"id": "resident"}, ()),
    "POST /staff/rule-packs/<id>/suspend": ({"id": "pack"}, ()),
    "POST /staff/rule-packs/<id>/suspend/confirm": ({"id": "pack"}, ()),
    "POST /staff/residents/<id>/close": ({"id": "closable"}, ()),
    "POST /staff/residents/<id>/open": ({"id": "closable"}, ()),
    "DELETE /staff/reporter-groups/<id>/members/<resident>": ({"id": "group", "resident": "group_member"}, ()),
    "DELETE /activities/<activity>/signups/<signup>": ({"activity": "activity", "signup": "signup"}, _RESIDENTS),
    "DELETE /redemptions/<id>": ({"id": "redemption"}, _RESIDENTS),
    "POST /staff/rewards/<id>/close": ({"id": "reward"}, ()),
    "POST /staff/rewards/<id>/open": ({"id": "reward"}, ()),
    "POST /staff/merchants/<id>/clerks/<clerk>/close": ({"id": "merchant", "clerk": "clerk"}, ()),
    "POST /staff/merchants/<id>/clerks/<clerk>/open": ({"id": "merchant", "clerk": "clerk"}, ()),
    "POST /staff/merchants/<id>/close": ({"id": "merchant"}, ()),
    "POST /staff/merchants/<id>/open": ({"id": "merchant"}, ()),
}
NO_OBJECTS = {
    "GET /places/streets/<code>/communities": "published facts of the district, open to anybody",
    "POST /staff/funds/<name>/top-ups": "names a fund of config/accounts.yaml; a district pays into its own",
}

PRIVATE = (
    "photo",
    "earning",
    "appealed",
    "correction",
    "redemption",
    "signup",
    "attendance",
    "ticket",
    "act",
    "household_place",
    "transfer",
    "resident",
)
"""What of the town is one resident's own."""


def named(app: Flask) -> dict[str, Route]:
    return {route.label: route for route in routes(app)}


def test_every_object_route_has_a_case(town: Town) -> None:
    """A route added without saying whose its objects are fails here."""
    assert {label for label, route in named(town.app).items() if route.parts} == OBJECTS.keys() | NO_OBJECTS.keys()


@pytest.mark.parametrize("label", OBJECTS)
def test_somebody_elses_object_is_not_found(town: Town, label: str) -> None:
    """And looks as one that never was; while whoever it belongs to gets past that."""
    route, (parts, near) = named(town.app)[label], OBJECTS[label]
    path = route.at(**{part: town.ids[name] for part, name in parts.items()})
    never = route.at(**{part: new_id(town.app.extensions["civic_clock"].now()) for part in parts})
    body = BODIES[route.name](town) if route.name in BODIES else None
    far = town.all_with(route.may, town.foreigners)
    assert far, "somebody of the other district can use every route"
    strangers = [town.people[name] for name in near] + list(far.values())
    for stranger in strangers:
        problem = problem_of(asked(stranger, route.method, path, body))
        assert (problem["status"], problem["code"]) == (404, "not_found"), (stranger.kind, stranger.district, problem)
        assert _told(problem) == _told(problem_of(asked(stranger, route.method, never, body)))
    rightful = [person for name, person in town.all_with(route.may, town.people).items() if name not in near]
    answers = [asked(person, route.method, path, body) for person in rightful]
    assert any(answer.status_code not in (401, 403, 404) for answer in answers), [a.text for a in answers]


def _told(problem: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in problem.items() if name != "request_id"}


def test_no_list_shows_what_is_somebody_elses(town: Town) -> None:
    """Lists for other residents hold nothing private; lists in the other district hold nothing of this one."""
    private = {town.ids[name] for name in PRIVATE}
    of_district = private | {value for name, value in town.ids.items() if name not in ("fund", "code", "entry")}
    seen = 0
    for route in named(town.app).values():
        if route.method != "GET" or route.parts or Role.ANYONE in PERMISSIONS[route.may]:
            continue
        others = {"other_resident", "other_reporter", "other_leader", "other_clerk"} & town.people.keys()
        near = town.all_with(route.may, {name: town.people[name] for name in others})
        for people, secret in ((near, private), (town.all_with(route.may, town.foreigners), of_district)):
            for name, person in people.items():
                answer = asked(person, "GET", route.path)
                assert answer.status_code == 200, (route.label, name, answer.text)
                assert not [identifier for identifier in secret if identifier in answer.text], (route.label, name)
                seen += 1
    assert seen > 50
