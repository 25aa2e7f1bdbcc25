"""Rule packs: two people, cases green, a simulation, a difference in words, a day in the future; suspended by two."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.passbook import earn
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.stage import (
    CASES,
    PACK,
    approve,
    fill_fund,
    no,
    points,
    publish_rules,
    put_in_force,
    submit,
    told,
)
from tests.cast import Cast, Person


def changed(version: int = 2, starts: str = "2026-11-21") -> str:
    """A pack in which the star is worth 25, from another day."""
    text = PACK.replace("version: 1", f"version: {version}").replace("from: 2026-01-01", f"from: {starts}")
    return text.replace("敬老爱亲之星: 20", "敬老爱亲之星: 25")


CHANGED_CASES = """
pack: ../pack.yaml
cases:
- case: 敬老爱亲之星二十五分
  deeds:
  - {kind: act, category: 敬老爱亲之星, at: 2026-12-02 09:00, resident: lin, gives: {acts: 25}}
"""


def publish(cast: Cast, pack: str) -> object:
    return put_in_force(cast.staff(Role.RULES_PUBLISHER), pack)


def suspend(cast: Cast, pack: str) -> None:
    asked = cast.staff(Role.RULES_AUTHOR).post(f"/staff/rule-packs/{pack}/suspend", {"reason": "分值抄错"})
    assert (asked.status_code, asked.json["state"]) == (200, "published")
    done = cast.staff(Role.RULES_PUBLISHER).post(f"/staff/rule-packs/{pack}/suspend/confirm")
    assert (done.status_code, done.json["state"]) == (200, "suspended")


def actions() -> list[str]:
    return [line.action for line in db.session.scalars(rows(AuditLine, DISTRICT).order_by(AuditLine.number))]


def test_the_first_pack_may_start_at_once_and_all_of_it_is_audited(cast: Cast) -> None:
    publish_rules(cast)
    assert [action for action in actions() if action.startswith("rules.")] == ["rules.submitted", "rules.published"]


def test_a_pack_without_cases_or_with_a_failing_one_is_not_published(cast: Cast) -> None:
    bare = submit(cast, cases=None).json
    assert bare["case_count"] == 0
    assert no(publish(cast, bare["id"])) == (409, "rule_pack_cases_needed")
    red = submit(cast, changed(starts="2026-01-01"), CASES).json
    assert any("敬老爱亲之星" in miss or "acts" in miss for miss in red["case_misses"])
    assert no(publish(cast, red["id"])) == (409, "rule_pack_cases_needed")


def test_a_case_file_that_cannot_be_read_is_refused_with_its_line(cast: Cast) -> None:
    answer = submit(cast, cases="pack: ../x.yaml\ncases:\n- case: 一\n  deeds: 3\n")
    assert no(answer) == (422, "rule_pack_cases_invalid")
    assert "4:" in answer.json["detail"]


def test_a_pack_is_seen_with_what_changes_in_words_and_what_it_would_have_given(cast: Cast) -> None:
    first = publish_rules(cast)
    fill_fund(cast)
    resident = cast.resident()
    approve(resident)
    second = submit(cast, changed(), CHANGED_CASES).json["id"]
    seen = cast.staff(Role.AUDITOR).get(f"/staff/rule-packs/{second}").json
    assert seen["beside"] == first
    assert any("20" in line and "25" in line for line in seen["diff"]["zh-CN"])
    assert any("changes from" in line and "25" in line for line in seen["diff"]["en"])
    assert seen["text"] == changed().strip()
    assert (seen["simulation"]["deeds"], seen["simulation"]["points_beside"]) == (1, 20)
    assert {"section": "total", "name": "deeds", "new": "1", "old": "1", "difference": "+0"} in seen["simulation"][
        "rows"
    ]


def test_a_later_pack_starts_tomorrow_or_later(cast: Cast) -> None:
    publish_rules(cast)
    today = submit(cast, changed(starts="2026-11-20"), CHANGED_CASES).json["id"]
    assert no(publish(cast, today)) == (422, "rule_pack_starts_too_early")
    tomorrow = submit(cast, changed(version=3), CHANGED_CASES).json["id"]
    assert publish(cast, tomorrow).status_code == 200


def test_the_pack_of_the_day_of_the_deed_decides_however_late_the_review(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    assert publish(cast, submit(cast, changed(), CHANGED_CASES).json["id"]).status_code == 200
    fill_fund(cast)
    done_before = clock.now() - timedelta(hours=1)
    clock.advance(days=12)
    resident = cast.resident()
    assert told(resident, approve(resident, at=done_before))["granted"] == 20
    assert told(resident, approve(resident))["granted"] == 25


def test_a_simulation_beside_rules_that_are_in_force_no_more_is_made_anew(cast: Cast, clock: FixedClock) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    early = author.post("/staff/rule-packs", {"text": changed(starts="2026-12-01"), "cases": CHANGED_CASES}).json["id"]
    publish_rules(cast)
    assert no(publish(cast, early)) == (409, "rule_pack_simulation_needed")
    again = author.post(f"/staff/rule-packs/{early}/simulation")
    assert (again.status_code, again.json["simulation"]["beside"] is not None) == (200, True)
    assert publish(cast, early).status_code == 200
    assert no(author.post(f"/staff/rule-packs/{early}/simulation")) == (409, "wrong_state")


def test_a_pack_is_suspended_by_two_and_its_deeds_wait_for_the_next(cast: Cast) -> None:
    wrong = publish_rules(cast)
    fill_fund(cast)
    both = cast.staff(Role.RULES_AUTHOR, Role.RULES_PUBLISHER)
    assert no(both.post(f"/staff/rule-packs/{wrong}/suspend/confirm")) == (409, "suspension_not_asked")
    both.post(f"/staff/rule-packs/{wrong}/suspend", {"reason": "分值抄错"})
    assert no(both.post(f"/staff/rule-packs/{wrong}/suspend/confirm")) == (403, "second_person_needed")
    suspend(cast, wrong)
    resident = cast.resident()
    earning = approve(resident)
    assert told(resident, earning)["state"] == "waiting_for_rules"
    assert earn.decide_waiting(DISTRICT) == 0
    publish_rules(cast, changed(starts="2026-01-01"), CHANGED_CASES)
    assert earn.decide_waiting(DISTRICT) == 1
    assert points(resident) == 25


def test_deeds_of_a_suspended_pack_do_not_fall_back_to_the_one_before(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    second = submit(cast, changed(), CHANGED_CASES).json["id"]
    assert publish(cast, second).status_code == 200
    clock.advance(days=1)
    suspend(cast, second)
    resident = cast.resident()
    assert told(resident, approve(resident))["state"] == "waiting_for_rules"
    before = told(resident, approve(resident, at=clock.now() - timedelta(days=1)))
    assert before["decision"]["version"] == 1


@pytest.mark.parametrize("path", ["", "/publish", "/suspend", "/suspend/confirm", "/simulation"])
def test_a_pack_of_another_district_is_not_found(cast: Cast, path: str) -> None:
    pack = publish_rules(cast)
    roles = (Role.RULES_AUTHOR, Role.RULES_PUBLISHER)
    far: Person = cast.staff(*roles, district=OTHER_DISTRICT)
    body = {"/suspend": {"reason": "不是我们的"}, "/publish": {"stamp": "0" * 64}}.get(path)
    answer = far.get(f"/staff/rule-packs/{pack}") if not path else far.post(f"/staff/rule-packs/{pack}{path}", body)
    assert no(answer) == (404, "not_found")


def test_a_pack_that_ends_leaves_its_days_to_the_one_before(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    short = changed().replace("to: 2030-12-31", "to: 2026-11-22")
    cases = CHANGED_CASES.replace("2026-12-02", "2026-11-22")
    assert publish(cast, submit(cast, short, cases).json["id"]).status_code == 200
    clock.advance(days=4)
    resident = cast.resident()
    assert told(resident, approve(resident))["decision"]["version"] == 1
    assert date.fromisoformat("2026-11-24") == clock.now().date()
