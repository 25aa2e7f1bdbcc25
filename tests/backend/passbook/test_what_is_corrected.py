"""What may be corrected, by whom, and by which rules where those that decided were suspended."""

from __future__ import annotations

import pytest

from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.passbook.models import RulePack
from tests.app import DISTRICT
from tests.backend.passbook.corrected import ask, correct
from tests.backend.passbook.small import case, opened, written
from tests.backend.passbook.stage import HELP, STAR, approve, no, points, publish_rules, told
from tests.backend.passbook.test_packs import suspend
from tests.cast import Cast, Person


@pytest.mark.parametrize(("category", "gives"), [("扫雪", 10), ("铲冰", 6)])
def test_nobody_has_less_because_other_rules_took_the_place_of_those_that_decided(
    cast: Cast, category: str, gives: int
) -> None:
    ice = "- {{rule: ice, title: {{zh: 铲冰, en: Ice}}, when: {{kind: act, category: 铲冰}}, points: {{each: {}}}}}"
    office = opened(cast, ice.format(6))
    resident = cast.resident()
    earning = approve(resident, "扫雪")
    (row,) = db.session.scalars(rows(RulePack, DISTRICT))
    suspend(cast, row.id)
    less = written(ice.format(2), version=2).replace("points: {each: 10}", "points: {each: 3}")
    publish_rules(cast, less, case(3))
    if category == "扫雪":
        assert no(ask(office[0], earning)) == (409, "correction_changes_nothing")
    else:
        correct(office, earning, category=category)
    assert points(resident) == gives
    assert told(resident, approve(resident, "扫雪"))["granted"] == 3


def test_a_correction_that_changes_nothing_is_refused(cast: Cast, office: tuple[Person, Person]) -> None:
    earning = approve(cast.resident(), HELP)
    assert no(ask(office[0], earning)) == (409, "correction_changes_nothing")
    assert no(ask(office[0], earning, category=HELP)) == (409, "correction_changes_nothing")


def test_a_category_the_rules_do_not_know_is_refused_by_name(cast: Cast, office: tuple[Person, Person]) -> None:
    answer = ask(office[0], approve(cast.resident(), HELP), category="见义勇维")
    assert no(answer) == (422, "correction_category_unknown")
    assert "见义勇维" in answer.json["detail"]
    assert STAR in answer.json["detail"]


def test_two_accounts_of_one_person_are_no_two_people(cast: Cast, office: tuple[Person, Person]) -> None:
    private = cast.resident("孙白露").id
    one, same = (cast.staff(role, resident=private) for role in (Role.SECOND_REVIEWER, Role.FUND_MANAGER))
    earning = approve(cast.resident(), HELP)
    asked = ask(one, earning, category=STAR).json["id"]
    assert no(same.post(f"/staff/corrections/{asked}/confirm")) == (403, "second_person_needed")
    other = approve(cast.resident("吴谷雨"), HELP, approver=f"staff:{one.id}")
    asked = ask(office[0], other, category=STAR).json["id"]
    assert no(same.post(f"/staff/corrections/{asked}/confirm")) == (403, "decided_before")
