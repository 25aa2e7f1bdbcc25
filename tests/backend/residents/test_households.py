"""A household is joined by invitation or through the staff, is private, can be left, and counts for limits alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event
from time import sleep

import pytest
from sqlalchemy import delete

from backend.kit.auth import Role
from backend.kit.db import db
from backend.residents.households import service
from backend.residents.households.models import HouseholdMember
from points.clock import FixedClock
from tests.backend.passbook.stage import approve, fill_fund, no, points, publish_rules
from tests.cast import Cast, Person

DALI = Path("config/rules/dali-village.yaml").read_text("utf-8")
WEDDING = "喜事新办"


def invited(head: Person) -> str:
    answer = head.post("/me/household/invitations")
    assert answer.status_code == 201, answer.text
    return str(answer.json["code"])


def together(head: Person, *others: Person) -> None:
    assert head.post("/me/household").status_code == 201
    for other in others:
        assert other.post("/me/household/join", {"code": invited(head)}).status_code == 201


def names(person: Person) -> list[tuple[str, bool, bool]]:
    return [(each["name"], each["head"], each["me"]) for each in person.get("/me/household").json["members"]]


def test_a_head_invites_and_the_invited_joins_with_consent(cast: Cast) -> None:
    head, guest, other = cast.resident("赵小满"), cast.resident("钱立夏"), cast.resident("孙芒种")
    together(head, guest)
    assert names(guest) == [("赵**", True, False), ("钱**", False, True)]
    assert names(other) == []
    assert guest.get("/me/consents").json["given"] == ["household"]
    ids = {each["id"] for each in guest.get("/me/household").json["members"]}
    assert not ids & {head.id, guest.id}


def test_an_invitation_lets_one_person_in_once_and_runs_out(cast: Cast, clock: FixedClock) -> None:
    head, guest, late = (cast.resident() for _ in range(3))
    head.post("/me/household")
    code = invited(head)
    assert guest.post("/me/household/join", {"code": code.lower()}).status_code == 201
    assert no(late.post("/me/household/join", {"code": code})) == (422, "household_code_wrong")
    code = invited(head)
    clock.advance(days=2)
    late = cast.signed_in("resident", late.id, ("resident",))
    assert no(late.post("/me/household/join", {"code": code})) == (422, "household_code_wrong")


def test_nobody_is_in_two_households_and_only_the_head_invites_and_removes(cast: Cast) -> None:
    head, guest, other = (cast.resident() for _ in range(3))
    together(head, guest)
    together(other)
    assert no(guest.post("/me/household")) == (409, "household_already")
    assert no(guest.post("/me/household/join", {"code": invited(other)})) == (409, "household_already")
    assert no(guest.post("/me/household/invitations")) == (403, "household_head_only")
    place = next(each["id"] for each in names_of(head) if not each["me"])
    assert no(guest.delete(f"/me/household/members/{place}")) == (403, "household_head_only")
    assert no(other.delete(f"/me/household/members/{place}")) == (404, "not_found")
    assert head.delete(f"/me/household/members/{place}").status_code == 204
    assert names(guest) == []


def names_of(person: Person) -> list[dict[str, object]]:
    return list(person.get("/me/household").json["members"])


def test_a_household_has_at_most_ten_people(cast: Cast) -> None:
    head = cast.resident()
    together(head, *(cast.resident() for _ in range(9)))
    assert no(cast.resident().post("/me/household/join", {"code": invited(head)})) == (409, "household_full")


def test_leaving_or_taking_the_consent_back_ends_it_and_the_head_is_followed(cast: Cast, clock: FixedClock) -> None:
    head, guest, third = cast.resident("赵小满"), cast.resident("钱立夏"), cast.resident("孙芒种")
    together(head, guest)
    clock.advance(seconds=1)
    third.post("/me/household/join", {"code": invited(head)})
    assert head.delete("/me/household").status_code == 204
    assert names(guest) == [("钱**", True, True), ("孙**", False, False)]
    guest.post("/me/consents", {"purpose": "household", "given": False})
    assert names(guest) == []
    assert names(third) == [("孙**", True, True)]
    assert third.delete("/me/household").status_code == 204
    assert third.delete("/me/household").status_code == 204
    assert third.get("/me/consents").json["given"] == []


def test_the_staff_put_in_whoever_consents_and_take_out(cast: Cast) -> None:
    head, guest, admin = cast.resident("赵小满"), cast.resident("钱立夏"), cast.staff(Role.GRID_WORKER)
    where = f"/staff/residents/{guest.id}/household"
    assert no(admin.put(where, {"head": head.id})) == (403, "consent_needed")
    for each in (head, guest):
        each.post("/me/consents", {"purpose": "household", "given": True})
    for _ in range(2):
        assert admin.put(where, {"head": head.id}).status_code == 204
        assert names(head) == [("赵**", True, True), ("钱**", False, False)]
    assert admin.delete(where).status_code == 204
    assert names(guest) == []
    assert no(cast.staff(Role.REVIEWER).delete(where)) == (403, "not_permitted")
    assert no(admin.delete(f"/staff/residents/{admin.id}/household")) == (404, "not_found")


def test_one_joins_while_the_last_leaves_and_both_are_answered(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    head, guest = cast.resident("赵小满"), cast.resident("钱立夏")
    together(head)
    code, inside, real = invited(head), Event(), service._add

    def slowly(*who: str) -> None:
        inside.set()
        sleep(0.3)
        real(*who)

    monkeypatch.setattr(service, "_add", slowly)
    with ThreadPoolExecutor(2) as pool:
        joining = pool.submit(guest.post, "/me/household/join", {"code": code})
        assert inside.wait(10)
        leaving = pool.submit(head.delete, "/me/household")
        assert (joining.result().status_code, leaving.result().status_code) == (201, 204)
    assert names(guest) == [("钱**", True, True)]


def test_two_are_put_into_each_others_households_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, first, second = (cast.resident(name) for name in ("赵小满", "钱立夏", "孙芒种", "李小暑"))
    together(one, first)
    together(two, second)
    workers, both, real = [cast.staff(Role.GRID_WORKER) for _ in range(2)], Barrier(2), service.take_out

    def beside(member: HouseholdMember) -> None:
        real(member)
        with suppress(BrokenBarrierError):
            both.wait(0.5)

    monkeypatch.setattr(service, "take_out", beside)
    with ThreadPoolExecutor(2) as pool:
        tasks = [
            pool.submit(worker.put, f"/staff/residents/{who.id}/household", {"head": head.id})
            for worker, who, head in zip(workers, (first, second), (two, one), strict=True)
        ]
        assert [task.result().status_code for task in tasks] == [204, 204]
    assert [len(names(each)) for each in (one, two)] == [2, 2]
    assert ("孙**", False, False) in names(two)


@pytest.mark.parametrize("shared", [True, False])
def test_once_a_household_is_once_for_all_of_it(cast: Cast, shared: bool) -> None:
    publish_rules(cast, DALI, Path("config/rules/cases/dali-village.yaml").read_text("utf-8"))
    fill_fund(cast)
    head, guest = cast.resident(), cast.resident()
    if shared:
        together(head, guest)
    for each in (head, guest, head, guest):
        approve(each, WEDDING)
    assert (points(head), points(guest)) == ((15, 0) if shared else (15, 15))


def test_who_was_let_go_a_moment_ago_leaves_without_a_fault(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head removes somebody who leaves at the same moment: both find the place, one of them deletes it."""
    head, guest = cast.resident("赵小满"), cast.resident("钱立夏")
    together(head, guest)
    real = service.take_out

    def after_the_head(member: HouseholdMember) -> None:
        found = (HouseholdMember.district == member.district, HouseholdMember.id == member.id)
        db.session.execute(delete(HouseholdMember).where(*found).execution_options(synchronize_session=False))
        real(member)

    monkeypatch.setattr(service, "take_out", after_the_head)
    assert guest.delete("/me/household").status_code == 204
    assert names(head) == [("赵**", True, True)]
