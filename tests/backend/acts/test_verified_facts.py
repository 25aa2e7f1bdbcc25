"""A reviewer says what was verified beyond the category: only what the rules of the day ask for."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.auth import Role
from tests.backend.acts.stage import declared, no
from tests.backend.passbook.corrected import correct
from tests.backend.passbook.stage import PACK, fill_fund, publish_rules
from tests.cast import Cast, Person

WITH_FACTS = PACK.replace(
    "- rule: referral\n",
    """- rule: acts.witnessed
  title: {zh: 有证明, en: With a statement}
  when: {kind: act, category: 帮助困难居民, attributes: {statement: true, level: [市级, 区级]}}
  adds: true
  points: {each: 4}

- rule: referral
""",
)
HELP = "帮助困难居民"


@pytest.fixture
def reviewer(cast: Cast) -> Person:
    publish_rules(cast, WITH_FACTS)
    fill_fund(cast)
    return cast.staff(Role.REVIEWER)


def approve(reviewer: Person, act: str, **facts: Any) -> Any:
    return reviewer.post(f"/acts/{act}/review", {"decision": "approve", "facts": facts})


def test_what_was_verified_is_what_the_rule_looks_at(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    plain, witnessed = declared(resident, 1, category=HELP), declared(resident, 2, category=HELP)
    assert approve(reviewer, plain).status_code == 200
    assert resident.get("/me/points").json["available"] == 10
    assert approve(reviewer, witnessed, statement=True, level="区级").status_code == 200
    assert resident.get("/me/points").json["available"] == 24
    (earning,) = [each for each in resident.get("/me/earnings").json["items"] if each["granted"] == 14]
    decision = resident.get(f"/me/earnings/{earning['id']}").json["decision"]
    assert decision["event"]["attributes"] == {"statement": True, "level": "区级"}


@pytest.mark.parametrize("facts", [{"statement": 1}, {"level": "国家级"}, {"income": "low"}, {"statement": "true"}])
def test_what_the_rules_do_not_ask_for_is_not_kept(cast: Cast, reviewer: Person, facts: dict[str, Any]) -> None:
    act = declared(cast.resident(), category=HELP)
    refused = approve(reviewer, act, **facts)
    assert no(refused) == (422, "verified_fact_not_asked")
    assert "statement: True" in refused.json["detail"]
    assert reviewer.get(f"/acts/{act}").json["state"] == "declared"


@pytest.mark.parametrize(
    "facts", [{"x" * 61: 1}, {"a": "y" * 61}, {"a": 1.5}, {"a": None}, {"a": [1]}, {"a\n": 1}, [1]]
)
def test_other_shapes_are_refused(cast: Cast, reviewer: Person, facts: Any) -> None:
    act = declared(cast.resident(), category=HELP)
    answer = reviewer.post(f"/acts/{act}/review", {"decision": "approve", "facts": facts})
    assert no(answer) == (422, "invalid_fields")


def test_a_correction_may_add_what_was_not_verified_at_first(cast: Cast, reviewer: Person) -> None:
    resident = cast.resident()
    approve(reviewer, declared(resident, category=HELP))
    (earning,) = resident.get("/me/earnings").json["items"]
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    correct(office, earning["id"], facts={"statement": True, "level": "市级"})
    assert resident.get("/me/points").json["available"] == 14
