"""A wrong decision is made anew by two people, only the difference is posted, and nobody ever owes."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit import outbox
from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.clock import fresh_id
from backend.kit.db import db, rows
from backend.passbook import earn, posting
from backend.passbook.models import GrantRow
from backend.wiring import ledger
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.backend.passbook.corrected import ask, correct, spend, undo
from tests.backend.passbook.small import opened
from tests.backend.passbook.stage import (
    FOUND,
    HELP,
    STAR,
    approve,
    deed,
    fill_fund,
    no,
    points,
    publish_rules,
    serve,
    taken,
    told,
)
from tests.backend.passbook.test_packs import CHANGED_CASES, changed, suspend
from tests.backend.passbook.waiting import nothing_posted
from tests.cast import Cast, Person


def test_more_is_granted_beside_what_was_posted(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, HELP)
    made = correct(office, earning, category=STAR)
    assert (made["points_before"], made["points_after"]) == (10, 20)
    assert points(resident) == 20
    seen = told(resident, earning)
    assert [(g["asked"], g["granted"], g["state"]) for g in seen["grants"]] == [(10, 10, "posted"), (10, 10, "posted")]
    assert (seen["category"], seen["asked"], seen["granted"], seen["state"]) == (STAR, 20, 20, "posted")
    assert [(h["reason"], h["points_before"], h["points_after"]) for h in seen["history"]] == [("类别填错", 10, 20)]
    assert any("由 10 分改为 20 分" in line for line in seen["sentences"]["zh-CN"])


def test_less_is_what_stays_granted_anew_after_the_old_grant_is_undone(
    cast: Cast, office: tuple[Person, Person]
) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)
    correct(office, earning, category=HELP)
    assert points(resident) == 10
    seen = told(resident, earning)
    assert [(g["granted"], g["state"]) for g in seen["grants"]] == [(20, "undone"), (10, "posted")]
    assert (seen["asked"], seen["granted"]) == (10, 10)
    assert ledger(DISTRICT).account("fund:civic") == 9_990


@pytest.mark.parametrize(("spent", "left", "kept"), [(5, 5, 5), (10, 0, 10), (15, 0, 10), (20, 0, 10)])
def test_what_was_spent_stays_spent_and_counts_towards_what_stays(
    cast: Cast, office: tuple[Person, Person], spent: int, left: int, kept: int
) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)
    spend(cast, resident, spent)
    correct(office, earning, category=HELP)
    assert points(resident) == left
    seen = told(resident, earning)
    assert (seen["granted"], seen["grants"][-1]["kept"], seen["grants"][0]["lost"]) == (10, kept, spent)
    assert any(f"{kept} 分在更正前已经用掉" in line for line in seen["sentences"]["zh-CN"])
    assert ledger(DISTRICT).account("fund:civic") == 10_000 - max(10, spent)


SWEEP = "- {rule: sweep, title: {zh: 清扫, en: Sweep}, when: {kind: act, category: 清扫}, points: {each: 15}}"


@pytest.mark.parametrize(("spent", "left", "kept"), [(0, 15, 0), (4, 11, 4), (10, 5, 10)])
def test_what_was_spent_counts_towards_what_another_rule_gives(cast: Cast, spent: int, left: int, kept: int) -> None:
    office, resident = opened(cast, SWEEP), cast.resident()
    earning = approve(resident, "扫雪")
    if spent:
        spend(cast, resident, spent)
    correct(office, earning, category="清扫")
    seen = told(resident, earning)
    assert (points(resident), seen["granted"], seen["grants"][-1]["kept"]) == (left, 15, kept)
    assert ledger(DISTRICT).account("fund:civic") == 10_000 - 15


def test_what_a_lower_correction_let_go_of_counts_again_when_it_is_raised(
    cast: Cast, office: tuple[Person, Person]
) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)
    spend(cast, resident, 20)
    correct(office, earning, category=HELP)
    correct(office, earning, category=STAR)
    assert (points(resident), told(resident, earning)["granted"]) == (0, 20)
    assert ledger(DISTRICT).account("fund:civic") == 10_000 - 20


def test_an_earning_is_undone_by_two_and_nobody_owes(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)
    spend(cast, resident, 15)
    undo(office, earning)
    assert points(resident) == 0
    seen = told(resident, earning)
    assert (seen["state"], seen["granted"], seen["grants"][0]["lost"]) == ("undone", 0, 15)
    assert any("不欠" in line for line in seen["sentences"]["zh-CN"])
    assert no(ask(office[0], earning, category=HELP)) == (409, "earning_already_undone")


def test_one_person_alone_corrects_nothing(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, HELP)
    asked = ask(office[0], earning, category=STAR).json
    assert no(office[0].post(f"/staff/corrections/{asked['id']}/confirm")) == (403, "second_person_needed")
    assert no(ask(office[1], earning, category=STAR)) == (409, "correction_already_asked")
    assert points(resident) == 10
    own = cast.staff(Role.FUND_MANAGER, resident=resident.id)
    assert no(own.post(f"/staff/corrections/{asked['id']}/confirm")) == (403, "own_claim")
    assert no(own.get(f"/staff/earnings/{earning}")) == (403, "own_claim")
    assert told(resident, earning)["history"] == []


def test_a_correction_is_let_be_and_another_can_be_asked(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, HELP)
    asked = ask(office[0], earning, category=STAR).json["id"]
    assert office[1].post(f"/staff/corrections/{asked}/decline", {"reason": "查无此事"}).json["state"] == "declined"
    assert no(office[1].post(f"/staff/corrections/{asked}/confirm")) == (409, "wrong_state")
    correct(office, earning, category=STAR)
    assert points(resident) == 20
    lines = [line.action for line in db.session.scalars(rows(AuditLine, DISTRICT).order_by(AuditLine.number))]
    assert [line for line in lines if line.startswith("earning.")] == [
        "earning.correction_asked",
        "earning.correction_declined",
        "earning.correction_asked",
        "earning.correction_confirmed",
    ]


def test_hours_keep_their_band_and_those_a_correction_adds_stand_behind_the_rest(
    cast: Cast, office: tuple[Person, Person]
) -> None:
    resident = cast.resident()
    first = serve(resident, "1", fresh_id())
    serve(resident, "2", fresh_id())
    assert points(resident) == 10 + (10 + 6)
    correct(office, first, quantity="2")
    assert points(resident) == (10 + 6) + 16  # as for four hours in a row: two of 10 points, two of 6
    third = serve(resident, "2", fresh_id())
    assert told(resident, third)["granted"] == 12  # from 4 hours on


def test_reviewers_points_are_corrected_within_the_rules_range(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, FOUND, attributes={"assessed_points": 9})
    assert no(ask(office[0], earning, assessed_points=11)) == (422, "rules_assessed_outside_range")
    correct(office, earning, assessed_points=6)
    assert points(resident) == 6
    correct(office, earning, assessed_points=10)
    assert points(resident) == 10
    assert len(told(resident, earning)["history"]) == 2


def test_a_cap_holds_over_corrections(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    approve(resident, STAR)
    cut = approve(resident, HELP)
    correct(office, cut, category=STAR)
    assert points(resident) == 30
    seen = told(resident, cut)
    assert seen["grants"][-1]["cuts"][0]["granted"] == 0
    assert seen["caps"][0]["left"] == 0


def test_a_grant_that_waits_is_let_go_and_the_right_one_waits(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    fill_fund(cast, 5)
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    resident = cast.resident()
    earning = approve(resident, STAR)
    correct(office, earning, category=HELP)
    fill_fund(cast, 1000)
    clock.advance(seconds=120)
    outbox.deliver_due()
    assert points(resident) == 10
    assert [g["state"] for g in told(resident, earning)["grants"]] == ["undone", "posted"]


def test_a_deed_that_no_rule_could_decide_is_mended_by_a_correction(cast: Cast) -> None:
    fill_fund(cast)
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    resident = cast.resident()
    stuck = taken(deed(resident.id, category=FOUND, attributes={"assessed_points": 99}))
    fine = approve(resident, HELP)
    publish_rules(cast)
    assert earn.decide_waiting(DISTRICT) == 1
    assert told(resident, fine)["granted"] == 10
    assert office[0].get(f"/staff/earnings/{stuck}").json["staff"]["problem"] == "rules_assessed_outside_range"
    correct(office, stuck, assessed_points=7)
    assert told(resident, stuck)["granted"] == 7


def test_an_undone_deed_that_waited_for_rules_is_never_decided(cast: Cast) -> None:
    fill_fund(cast)
    resident = cast.resident()
    earning = approve(resident, STAR)
    undo((cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)), earning)
    publish_rules(cast)
    assert earn.decide_waiting(DISTRICT) == 0
    assert (told(resident, earning)["state"], points(resident)) == ("undone", 0)


def test_what_a_wrong_pack_decided_is_corrected_by_the_one_that_took_its_place(cast: Cast) -> None:
    wrong = publish_rules(cast)
    fill_fund(cast)
    office = (cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER))
    resident = cast.resident()
    earning = approve(resident, STAR)
    suspend(cast, wrong)
    assert no(ask(office[0], earning)) == (409, "earning_rules_suspended")
    publish_rules(cast, changed(starts="2026-01-01"), CHANGED_CASES)
    correct(office, earning)
    assert points(resident) == 25
    seen = told(resident, earning)
    assert (seen["decision"]["version"], [g["granted"] for g in seen["grants"]]) == (2, [20, 5])


def test_a_posting_that_was_refused_says_why(cast: Cast, clock: FixedClock) -> None:
    publish_rules(cast)
    fill_fund(cast)
    earning = approve(resident := cast.resident(), HELP)
    clock.advance(days=400)  # by now its points have expired, and what is granted for that day would have too
    correct((cast.staff(Role.SECOND_REVIEWER), cast.staff(Role.FUND_MANAGER)), earning, category=STAR)
    seen = told(cast.signed_in("resident", resident.id, ("resident",)), earning)
    assert [(g["state"], g["reason"]) for g in seen["grants"]] == [("posted", None), ("refused", "bad_time")]
    assert "积分没有入账：时间不合规定。" in seen["sentences"]["zh-CN"]
    assert seen["grants"][1]["reason_said"]["en"] == "The time is not allowed."


def test_while_the_ledger_is_away_the_difference_waits_and_comes_once(
    cast: Cast, office: tuple[Person, Person], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)

    with nothing_posted(monkeypatch):
        correct(office, earning, category=HELP)
        seen = told(resident, earning)
        assert [g["state"] for g in seen["grants"]] == ["undoing", "waiting"]
        assert no(ask(office[0], earning, category=STAR)) == (409, "correction_under_way")
    assert points(resident) == 20
    for _ in range(3):
        clock.advance(seconds=400)
        outbox.deliver_due()
    assert points(resident) == 10


def test_an_undoing_that_waits_longer_than_the_ledger_knows_ids_is_done_under_a_new_one(
    cast: Cast, office: tuple[Person, Person], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = cast.resident()
    earning = approve(resident, STAR)

    with nothing_posted(monkeypatch):
        correct(office, earning, category=HELP)
    clock.advance(days=32)
    for _ in range(3):
        outbox.deliver_due()
        clock.advance(seconds=400)
    assert points(cast.signed_in("resident", resident.id, ("resident",))) == 10


def test_confirming_twice_posts_once(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    earning = approve(resident, HELP)
    asked, key = ask(office[0], earning, category=STAR).json["id"], fresh_id()
    first = office[1].post(f"/staff/corrections/{asked}/confirm", key=key)
    again = office[1].post(f"/staff/corrections/{asked}/confirm", key=key)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert points(resident) == 20


@pytest.mark.parametrize(
    "changes", [{"quantity": "-1"}, {"quantity": 1.5}, {"quantity": "1e3"}, {"points": 5}, {"category": ""}]
)
def test_changes_that_are_none_are_refused(cast: Cast, office: tuple[Person, Person], changes: dict[str, Any]) -> None:
    earning = approve(cast.resident(), HELP)
    assert no(ask(office[0], earning, **changes)) == (422, "invalid_fields")


def test_the_other_district_finds_nothing_to_correct(cast: Cast, office: tuple[Person, Person]) -> None:
    earning = approve(cast.resident(), HELP)
    asked = ask(office[0], earning, category=STAR).json["id"]
    far = cast.staff(Role.SECOND_REVIEWER, district=OTHER_DISTRICT)
    assert no(ask(far, earning, category=STAR)) == (404, "not_found")
    for path in (f"/staff/corrections/{asked}/confirm", f"/staff/corrections/{asked}/decline"):
        assert no(far.post(path, {"reason": "不"} if "decline" in path else None)) == (404, "not_found")
    assert no(far.post(f"/staff/earnings/{earning}/undoing", {"reason": "不"})) == (404, "not_found")
    assert no(far.get(f"/staff/earnings/{earning}")) == (404, "not_found")
    assert far.get("/staff/corrections").json["items"] == []


def test_books_and_ledger_say_the_same_after_corrections(cast: Cast, office: tuple[Person, Person]) -> None:
    resident = cast.resident()
    first, second = approve(resident, STAR), approve(resident, HELP)
    correct(office, first, category=HELP)
    correct(office, second, category=STAR)
    correct(office, first, category=STAR)
    undo(office, second)
    standing = rows(GrantRow, DISTRICT).where(GrantRow.state.in_(posting.STANDING))
    assert sum(grant.granted for grant in db.session.scalars(standing)) == points(resident) == 10
