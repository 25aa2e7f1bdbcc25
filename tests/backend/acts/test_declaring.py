"""A resident declares a civil act, with photos as its evidence."""

from __future__ import annotations

from typing import Any

import pytest

from backend.acts.models import Act
from backend.kit.auth import Role
from backend.kit.db import db, rows
from points.clock import FixedClock
from points.ids import new_id
from tests.app import DISTRICT, NOON, OTHER_DISTRICT
from tests.backend.acts.stage import CATEGORY, act, declared, no, rules_in_force
from tests.cast import Cast
from tests.pictures import drawn, photo_of, saved, sent


def test_an_act_is_declared_and_waits_for_a_reviewer(cast: Cast) -> None:
    rules_in_force(cast)
    resident = cast.resident()
    photos = [photo_of(resident, 1), photo_of(resident, 2)]
    made = resident.post("/acts", act(resident, photos=photos, helped="邻居老人"))
    assert made.status_code == 201
    assert (made.json["state"], made.json["category"], made.json["helped"]) == ("declared", CATEGORY, "邻居老人")
    assert set(made.json["photos"]) == set(photos)
    assert made.json["done_at"] == "2026-11-20T02:30:00+00:00"
    assert "staff" not in made.json
    assert resident.get(f"/acts/{made.json['id']}").json == made.json
    assert resident.get("/acts").json == {"items": [made.json], "next_cursor": None}


def test_the_categories_are_those_of_todays_rules(cast: Cast) -> None:
    resident = cast.resident()
    assert resident.get("/acts/categories").json == {"items": []}
    rules_in_force(cast)
    assert CATEGORY in resident.get("/acts/categories").json["items"]
    assert no(resident.post("/acts", act(resident, category="闯红灯"))) == (422, "act_category_unknown")


def test_while_no_rules_are_in_force_any_category_may_be_declared(cast: Cast) -> None:
    assert declared(cast.resident(), category="助人为乐")


def test_whom_it_helped_lies_sealed_in_the_books(cast: Cast) -> None:
    declared(cast.resident(), helped="李爷爷")
    row = db.session.scalars(rows(Act, DISTRICT)).one()
    assert row.helped_sealed is not None
    assert "李爷爷" not in row.helped_sealed


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"category": ""}, "invalid_fields"),
    ({"category": "长" * 41}, "invalid_fields"),
    ({"category": None}, "invalid_fields"),
    ({"category": 7}, "invalid_fields"),
    ({"done_at": "2026-11-20T12:00:01+08:00"}, "act_in_future"),
    ({"done_at": "2026-10-21T11:59:59+08:00"}, "act_too_old"),
    ({"done_at": "2026-11-20T12:00:00"}, "invalid_fields"),
    ({"done_at": "yesterday"}, "invalid_fields"),
    ({"done_at": "0001-01-01T00:00:00+14:00"}, "invalid_fields"),
    ({"done_at": 1_790_000_000}, "invalid_fields"),
    ({"street": "370112999"}, "street_unknown"),
    ({"street": "３７０１１２００１"}, "invalid_fields"),
    ({"street": "370112001\n"}, "invalid_fields"),
    ({"description": " "}, "invalid_fields"),
    ({"description": "长" * 1001}, "invalid_fields"),
    ({"description": "a\x00b"}, "invalid_fields"),
    ({"description": ["x"]}, "invalid_fields"),
    ({"helped": "长" * 61}, "invalid_fields"),
    ({"photos": []}, "invalid_fields"),
    ({"photos": "x"}, "invalid_fields"),
    ({"photos": ["not an id"]}, "invalid_fields"),
    ({"photos": [None]}, "invalid_fields"),
    ({"photos": [new_id(NOON) for _ in range(10)]}, "invalid_fields"),
    ({"photos": [new_id(NOON)] * 2}, "invalid_fields"),
    ({"photos": [new_id(NOON)]}, "not_found"),
    ({"state": "approved"}, "invalid_fields"),
    ({"resident": "somebody"}, "invalid_fields"),
    ({"points": 100}, "invalid_fields"),
]


def test_an_act_with_a_wrong_field_is_refused_and_leaves_nothing(cast: Cast) -> None:
    resident = cast.resident()
    photo = photo_of(resident)
    for change, code in WRONG:
        answer = resident.post("/acts", {**act(resident, photos=[photo]), **change})
        assert (change, no(answer)) == (change, (404 if code == "not_found" else 422, code))
    assert resident.get("/acts").json["items"] == []
    assert resident.get(f"/photos/{photo}").json["used_for"] is None


def test_an_act_that_lacks_a_field_is_refused(cast: Cast) -> None:
    resident = cast.resident()
    body = act(resident)
    for missing in body:
        answer = resident.post("/acts", {name: value for name, value in body.items() if name != missing})
        assert (missing, no(answer)) == (missing, (422, "invalid_fields"))
        assert missing in answer.json["errors"]["json"]


def test_an_act_of_exactly_thirty_days_ago_is_taken(cast: Cast) -> None:
    assert declared(cast.resident(), done_at="2026-10-21T12:00:00+08:00")


def test_somebody_elses_photo_is_not_found(cast: Cast) -> None:
    photo = photo_of(cast.resident("钱大雪"))
    resident = cast.resident()
    assert no(resident.post("/acts", act(resident, photos=[photo]))) == (404, "not_found")


def test_a_photo_of_an_earlier_act_is_refused(cast: Cast) -> None:
    resident = cast.resident()
    declared(resident, 1)
    saved_again = sent(resident, saved(drawn(1), quality=50)).json["id"]
    assert no(resident.post("/acts", act(resident, photos=[saved_again]))) == (409, "photo_repeated")
    assert len(resident.get("/acts").json["items"]) == 1


def test_a_repeated_declaration_is_answered_again_and_made_once(cast: Cast, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    body = act(resident)
    first, again = resident.post("/acts", body, key=key), resident.post("/acts", body, key=key)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(resident.get("/acts").json["items"]) == 1


class TestTheDaysNumber:
    @pytest.fixture
    def overrides(self) -> dict[str, dict[str, int]]:
        return {"acts": {"per_day": 2}}

    def test_no_more_than_the_days_number_and_again_tomorrow(self, cast: Cast, clock: FixedClock) -> None:
        resident = cast.resident()
        declared(resident, 1)
        declared(resident, 2)
        assert no(resident.post("/acts", act(resident, 3))) == (429, "acts_quota")
        declared(cast.resident("钱大雪"), 4)
        clock.advance(hours=12)
        declared(cast.signed_in("resident", resident.id, ("resident",)), 5)

    def test_what_was_refused_does_not_count(self, cast: Cast) -> None:
        resident = cast.resident()
        for _ in range(3):
            assert resident.post("/acts", act(resident, street="370112999")).status_code == 422
        declared(resident, 2)


@pytest.mark.parametrize("who", ["another resident", "a resident elsewhere", "a reviewer elsewhere"])
def test_an_act_is_not_found_by_others(cast: Cast, who: str) -> None:
    identifier = declared(cast.resident())
    person = {
        "another resident": lambda: cast.resident("钱大雪"),
        "a resident elsewhere": lambda: cast.resident(district=OTHER_DISTRICT),
        "a reviewer elsewhere": lambda: cast.staff(Role.REVIEWER, district=OTHER_DISTRICT),
    }[who]()
    assert no(person.get(f"/acts/{identifier}")) == (404, "not_found")
    if person.kind == "resident":
        assert no(person.post(f"/acts/{identifier}/appeal", {"text": "不服"})) == (404, "not_found")
    else:
        review = {"decision": "approve"}
        assert no(person.post(f"/acts/{identifier}/review", review)) == (404, "not_found")
        assert person.get("/staff/acts").json["items"] == []


def test_a_list_of_acts_is_paged_newest_first(cast: Cast, clock: FixedClock) -> None:
    resident = cast.resident()
    made = []
    for seed in range(3):
        clock.advance(seconds=1)
        made.append(declared(resident, seed))
    first = resident.get("/acts", limit=2).json
    rest = resident.get("/acts", limit=2, cursor=first["next_cursor"]).json
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
