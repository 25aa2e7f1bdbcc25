"""Staff who are residents too: another admin says which one, and nobody lifts their own recusal."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from backend.kit import audit
from backend.kit.auth import Role
from backend.kit.clock import fresh_id
from backend.kit.db import db, rows
from backend.staff.service import is_same_person
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast, Person

AS_IT_IS: dict[str, Any] = {"roles": ["reviewer"], "closed": False}


def change(admin: Person, member: Person, **link: str | None) -> TestResponse:
    return admin.put(f"/staff/members/{member.id}", AS_IT_IS | link)


def test_an_admin_links_a_member_to_their_account_as_a_resident(cast: Cast) -> None:
    admin, member, resident = cast.staff(Role.ADMIN), cast.staff(Role.REVIEWER), cast.resident()
    answer = change(admin, member, resident=resident.id)
    assert (answer.status_code, answer.json["resident"]) == (200, resident.id)
    assert is_same_person(DISTRICT, member.id, resident.id)
    line = db.session.scalars(rows(audit.AuditLine, DISTRICT)).one()
    assert (line.actor, line.action, line.details["resident"]) == (f"staff:{admin.id}", "staff.changed", resident.id)


def test_a_change_that_does_not_speak_of_the_link_leaves_it_and_null_takes_it_away(cast: Cast) -> None:
    admin, resident = cast.staff(Role.ADMIN), cast.resident()
    member = cast.staff(Role.REVIEWER, resident=resident.id)
    assert change(admin, member).json["resident"] == resident.id
    assert change(admin, member, resident=None).json["resident"] is None
    assert not is_same_person(DISTRICT, member.id, resident.id)


@pytest.mark.parametrize("who", ["nobody", "a resident of another district"])
def test_a_link_to_no_resident_of_the_district_is_refused(cast: Cast, who: str) -> None:
    admin, member = cast.staff(Role.ADMIN), cast.staff(Role.REVIEWER)
    linked = fresh_id() if who == "nobody" else cast.resident(district=OTHER_DISTRICT).id
    answer = change(admin, member, resident=linked)
    assert (answer.status_code, answer.json["code"]) == (422, "linked_resident_unknown")
    invited = admin.post("/staff/members", {"name": "吴小雪", "roles": ["handler"], "resident": linked})
    assert (invited.status_code, invited.json["code"]) == (422, "linked_resident_unknown")


@pytest.mark.parametrize("link", [{"resident": None}, {}], ids=["the link", "the roles"])
def test_nobody_changes_their_own_record(cast: Cast, link: dict[str, None]) -> None:
    resident = cast.resident()
    admin = cast.staff(Role.ADMIN, Role.REVIEWER, resident=resident.id)
    answer = change(admin, admin, **link)
    assert (answer.status_code, answer.json["code"]) == (403, "own_row")
    assert is_same_person(DISTRICT, admin.id, resident.id)


def test_one_person_has_one_staff_account(cast: Cast) -> None:
    admin, resident = cast.staff(Role.ADMIN), cast.resident()
    first, second = cast.staff(Role.FUND_MANAGER), cast.staff(Role.FUND_MANAGER)
    assert change(admin, first, resident=resident.id).status_code == 200
    answer = change(admin, second, resident=resident.id)
    assert (answer.status_code, answer.json["code"]) == (409, "linked_resident_taken")
    invited = admin.post("/staff/members", {"name": "吴小雪", "roles": ["handler"], "resident": resident.id})
    assert (invited.status_code, invited.json["code"]) == (409, "linked_resident_taken")
    assert change(admin, first, resident=resident.id).status_code == 200
