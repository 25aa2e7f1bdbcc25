"""A resident may say when they were born, for rules that ask for an age; it is sealed, and taken back in one step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.kit.audit import AuditLine
from backend.kit.db import db, rows
from backend.residents.models import Consent, Resident
from backend.residents.service import Purpose
from tests.app import DISTRICT
from tests.backend.passbook.stage import CASES, PACK, approve, fill_fund, no, publish_rules, told
from tests.cast import Cast, Person

AGED = PACK.replace(
    "- rule: referral\n",
    """- rule: acts.elders
  title: {zh: 六十岁以上, en: Sixty and over}
  when: {kind: act, category: 敬老爱亲之星, age_band: [60_up]}
  adds: true
  points: {each: 5}

- rule: referral
""",
)


def test_rules_may_ask_for_every_consent_and_no_other() -> None:
    schema = json.loads(Path("points/rules/pack.schema.json").read_text("utf-8"))
    one, some = schema["$defs"]["when"]["properties"]["consent"]["anyOf"]
    assert sorted(one["enum"]) == sorted(some["items"]["enum"]) == sorted(set(Purpose) - {Purpose.HOUSEHOLD})


def say(person: Person, born: str, **more: bool) -> tuple[int, str]:
    answer = person.put("/me/birth-date", {"birth_date": born, **more})
    return answer.status_code, answer.json.get("code") or answer.json["birth_date"]


def given(person: Person) -> list[str]:
    return list(person.get("/me/consents").json["given"])


def test_a_birth_date_is_kept_sealed_with_the_consent_to_it(cast: Cast) -> None:
    person = cast.resident()
    assert person.get("/me/birth-date").json == {"birth_date": None}
    assert say(person, "1958-03-04") == (200, "1958-03-04")
    assert person.get("/me/birth-date").json == {"birth_date": "1958-03-04"}
    assert given(person) == ["age"]
    rows_kept = [
        vars(row) for model in (Resident, AuditLine, Consent) for row in db.session.scalars(rows(model, DISTRICT))
    ]
    assert "1958-03" not in str(rows_kept)


def test_it_is_taken_back_in_one_step_or_with_the_consent(cast: Cast) -> None:
    person = cast.resident()
    for take_back in (
        lambda: person.delete("/me/birth-date").status_code == 204,
        lambda: person.post("/me/consents", {"purpose": "age", "given": False}).status_code == 200,
    ):
        say(person, "1958-03-04")
        assert take_back()
        assert (person.get("/me/birth-date").json, given(person)) == ({"birth_date": None}, [])
    db.session.expire_all()
    assert db.session.get_one(Resident, (DISTRICT, person.id)).birth_sealed is None


@pytest.mark.parametrize("born", ["2026-11-21", "1890-01-01"])
def test_an_impossible_day_is_refused(cast: Cast, born: str) -> None:
    assert say(cast.resident(), born) == (422, "birth_date_impossible")


@pytest.mark.parametrize(
    "born", ["2020-1-1", "20200101", "2020-W01-1", "2026-02-30", "", None, 19580304, "１９５８-03-04"]
)
def test_another_writing_of_a_day_is_refused(cast: Cast, born: object) -> None:
    assert no(cast.resident().put("/me/birth-date", {"birth_date": born})) == (422, "invalid_fields")


def test_a_childs_is_given_with_the_consent_of_a_guardian(cast: Cast) -> None:
    child = cast.resident("林小小")
    assert say(child, "2014-06-01") == (403, "guardian_consent_needed")
    assert say(child, "2014-06-01", guardian=True) == (200, "2014-06-01")
    assert given(child) == ["age", "guardian"]
    child.post("/me/consents", {"purpose": "guardian", "given": False})
    assert child.get("/me/birth-date").json == {"birth_date": None}


def test_conditions_of_age_know_it_once_it_is_said_and_no_more_after(cast: Cast) -> None:
    publish_rules(cast, AGED, CASES)
    fill_fund(cast)
    person = cast.resident()
    earned = {}
    for stage in ("unknown", "said", "erased"):
        if stage == "said":
            say(person, "1958-03-04")
        elif stage == "erased":
            person.delete("/me/birth-date")
        earned[stage] = approve(person)
    found = {stage: told(person, earning) for stage, earning in earned.items()}
    assert [{g["rule"] for g in found[stage]["grants"]} for stage in found] == [
        {"acts"},
        {"acts", "acts.elders"},
        {"acts"},
    ]
    assert [found[stage]["decision"]["facts"]["age_band"] for stage in found] == [None, "60_up", None]
    assert "1958" not in str(found)
