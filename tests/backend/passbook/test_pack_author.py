"""What an author mends before anybody publishes: the cases of the same pack, or the whole of it taken back."""

from __future__ import annotations

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db, rows
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.stage import no
from tests.backend.passbook.test_packs import CHANGED_CASES, changed, publish
from tests.cast import Cast, Person

PATH = "/staff/rule-packs"


def lines(action: str) -> list[AuditLine]:
    return list(db.session.scalars(rows(AuditLine, DISTRICT).where(AuditLine.action == action)))


def hand_in(author: Person, cases: str | None = CHANGED_CASES) -> tuple[int, dict[str, object]]:
    answer = author.post(PATH, {"text": changed(), "cases": cases})
    return answer.status_code, dict(answer.json)


def test_mended_cases_of_the_same_pack_take_the_place_of_the_first(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    _, red = hand_in(author, CHANGED_CASES.replace("acts: 25", "acts: 24"))
    status, mended = hand_in(author)
    assert (status, mended["id"], mended["case_misses"]) == (201, red["id"], [])
    assert [line.subject for line in lines("rules.cases_mended")] == [f"rule_pack:{red['id']}"]
    assert author.get(f"{PATH}/{red['id']}").json["cases"].strip() == CHANGED_CASES.strip()
    assert publish(cast, str(red["id"])).status_code == 200


def test_only_the_author_mends_and_only_before_it_is_published(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    _, pack = hand_in(author, None)
    assert hand_in(cast.staff(Role.RULES_AUTHOR))[1]["code"] == "rule_pack_known"
    assert hand_in(author, None)[1]["code"] == "rule_pack_known"
    assert hand_in(author)[0] == 201
    assert publish(cast, str(pack["id"])).status_code == 200
    other = CHANGED_CASES.replace("二十五分", "仍是二十五分")
    assert hand_in(author, other)[1]["code"] == "rule_pack_known"


def test_an_author_takes_a_pack_back_and_its_version_is_free_again(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    _, pack = hand_in(author)
    assert no(cast.staff(Role.RULES_AUTHOR).delete(f"{PATH}/{pack['id']}")) == (403, "rule_pack_not_yours")
    assert author.delete(f"{PATH}/{pack['id']}").status_code == 204
    assert [line.details["digest"] for line in lines("rules.withdrawn")] == [pack["digest"]]
    assert no(publish(cast, str(pack["id"]))) == (404, "not_found")
    status, again = hand_in(cast.staff(Role.RULES_AUTHOR))
    assert (status, again["digest"], again["id"] != pack["id"]) == (201, pack["digest"], True)


def test_a_published_pack_is_not_taken_back(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    _, pack = hand_in(author)
    publish(cast, str(pack["id"]))
    assert no(author.delete(f"{PATH}/{pack['id']}")) == (409, "wrong_state")
    far = cast.staff(Role.RULES_AUTHOR, district=OTHER_DISTRICT)
    assert no(far.delete(f"{PATH}/{pack['id']}")) == (404, "not_found")


def test_cases_that_name_another_file_than_the_packs_own_are_refused(cast: Cast) -> None:
    author = cast.staff(Role.RULES_AUTHOR)
    body = {"text": changed(), "cases": CHANGED_CASES}
    refused = author.post(PATH, {**body, "file": "next.yaml"})
    assert no(refused) == (422, "rule_pack_cases_invalid")
    assert "1: cases_of_another_pack 这些案例的 pack 应写“../next.yaml”。" in refused.json["detail"]
    assert author.post(PATH, {**body, "file": "pack.yaml"}).status_code == 201
