"""What a pack needs before it rules: cases that say something, funds there are, a simulation of real, recent deeds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backend.kit.auth import Role
from backend.kit.clock import now
from backend.kit.db import db, find, rows, transaction
from backend.passbook import history, packs
from backend.passbook.models import RulePack
from points.clock import FixedClock
from points.errors import Refused
from tests.app import DISTRICT
from tests.backend.passbook.stage import PACK, approve, no, publish_rules, put_in_force, submit
from tests.backend.passbook.test_packs import CHANGED_CASES, changed, publish
from tests.cast import Cast

NEEDED = (409, "rule_pack_simulation_needed")


def handed_in(cast: Cast) -> str:
    """A second pack, tried on one deed."""
    publish_rules(cast)
    approve(cast.resident(), at=now() - timedelta(hours=2))
    return str(submit(cast, changed(), CHANGED_CASES).json["id"])


def tried_as(identifier: str, /, **changes: Any) -> None:
    """Keep the pack's simulation otherwise than it was worked out."""
    with transaction():
        row = find(RulePack, DISTRICT, identifier)
        row.simulation = {**(row.simulation or {}), **changes}


def test_a_case_that_expects_nothing_keeps_a_pack_from_being_published(cast: Cast) -> None:
    hollow = CHANGED_CASES.replace(", gives: {acts: 25}", "")
    made = submit(cast, changed(starts="2026-01-01"), hollow).json
    assert (made["case_count"], len(made["case_misses"])) == (1, 1)
    assert "expect" in made["case_misses"][0]
    assert no(publish(cast, made["id"])) == (409, "rule_pack_cases_needed")


@pytest.mark.parametrize("hollow", ["says: []", "silent: {}", "expires: 2027-12-31, category: 未列入的好事"])
def test_an_expectation_that_asks_nothing_is_no_expectation(cast: Cast, hollow: str) -> None:
    said, _, category = hollow.partition(", category: ")
    cases = CHANGED_CASES.replace("gives: {acts: 25}", said)
    cases = cases.replace("category: 敬老爱亲之星", f"category: {category}") if category else cases
    assert submit(cast, changed(starts="2026-01-01"), cases).json["case_misses"] != []


def test_a_pack_that_names_a_fund_that_is_not_there_is_refused(cast: Cast) -> None:
    first_rule = PACK.index("- rule: ")
    of_one_rule = PACK[:first_rule] + PACK[first_rule:].replace("\n", "\n  fund: civick\n", 1)
    for text in (PACK.replace("fund: civic\n", "fund: civick\n"), of_one_rule):
        answer = submit(cast, text)
        assert no(answer) == (422, "rule_pack_fund_unknown"), answer.json
        assert "civick" in answer.json["detail"]
        assert "time-bank" in answer.json["detail"]


def test_the_simulation_of_another_pack_does_not_count(cast: Cast) -> None:
    pack = handed_in(cast)
    tried_as(pack, pack="0" * 64)
    assert no(publish(cast, pack)) == NEEDED
    simulation = find(RulePack, DISTRICT, pack).simulation
    assert simulation is not None
    with pytest.raises(Refused) as refused:
        packs.attach_simulation(DISTRICT, "staff:somebody", pack, simulation)
    assert refused.value.code == "rule_pack_simulation_needed"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2099-01-01", "2099-12-31"),
        ("2026-01-01", "2026-10-19"),
        ("2026-11-21", None),
        ("2026-11-21", "2026-12-01"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_a_period_long_past_or_yet_to_come_does_not_count(cast: Cast, first: str, last: str | None) -> None:
    pack = handed_in(cast)
    tried_as(pack, **{"from": first, "to": last})
    assert no(publish(cast, pack)) == NEEDED


@pytest.mark.parametrize(("first", "last"), [(None, None), ("2026-01-01", "2026-11-20"), ("2026-01-01", "2030-01-01")])
def test_a_period_up_to_now_counts(cast: Cast, first: str | None, last: str | None) -> None:
    pack = handed_in(cast)
    tried_as(pack, **{"from": first, "to": last})
    assert publish(cast, pack).status_code == 200


def test_a_simulation_that_left_deeds_of_its_period_out_does_not_count(cast: Cast, clock: FixedClock) -> None:
    pack = handed_in(cast)
    approve(cast.resident(), at=now() - timedelta(hours=3))
    assert publish(cast, pack).status_code == 200  # approved after the trial: no fault of its author
    clock.advance(minutes=5)
    other = submit(cast, changed(version=3, starts="2026-11-22"), CHANGED_CASES).json["id"]
    tried_as(other, deeds=1)
    assert no(publish(cast, other)) == NEEDED


def test_no_deeds_count_only_where_there_were_none_for_a_year(cast: Cast) -> None:
    pack = handed_in(cast)
    tried_as(pack, **{"from": "2026-09-01", "to": "2026-10-30", "deeds": 0})
    assert history.count(DISTRICT, None, None) == 1
    assert no(publish(cast, pack)) == NEEDED
    author = cast.staff(Role.RULES_AUTHOR)
    assert author.post(f"/staff/rule-packs/{pack}/simulation").json["simulation"]["deeds"] == 1
    assert publish(cast, pack).status_code == 200
    assert db.session.scalars(rows(RulePack, DISTRICT).where(RulePack.id == pack)).one().state == "published"


def test_two_accounts_of_one_resident_are_one_person(cast: Cast) -> None:
    resident = cast.resident().id
    author = cast.staff(Role.RULES_AUTHOR, resident=resident)
    pack = author.post("/staff/rule-packs", {"text": changed(), "cases": CHANGED_CASES}).json["id"]
    beside = cast.staff(Role.RULES_PUBLISHER, resident=resident)
    assert no(put_in_force(beside, pack)) == (403, "second_person_needed")
    assert publish(cast, pack).status_code == 200
    author.post(f"/staff/rule-packs/{pack}/suspend", {"reason": "分值抄错"})
    assert no(beside.post(f"/staff/rule-packs/{pack}/suspend/confirm")) == (403, "second_person_needed")


def test_a_pack_that_starts_tomorrow_is_tried_as_if_it_had_been_in_force(cast: Cast) -> None:
    pack = handed_in(cast)
    kept = find(RulePack, DISTRICT, pack).simulation
    assert kept is not None
    assert (kept["deeds"], kept["points"], kept["points_beside"]) == (1, 25, 20)
