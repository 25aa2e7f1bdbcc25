"""A report that was verified before an earlier one of the same thing: who was first is set right, by two people."""

from __future__ import annotations

from typing import Any

from backend.kit.auth import Role
from tests.backend.passbook.corrected import spend
from tests.backend.passbook.stage import no
from tests.backend.tickets.test_earning import points, rules
from tests.backend.tickets.town import Town
from tests.cast import Person

__all__ = ["rules"]


def both_first(town: Town) -> tuple[str, str]:
    """An earlier and a later report, the later one verified first, both as the first of their kind."""
    earlier = town.report()
    town.wait(minutes=10)
    later = town.report(town.second)
    town.step(town.desk, later, "verify")
    town.step(town.desk, earlier, "verify")
    assert (points(town.reporter, earlier), points(town.second, later)) == (10, 10)
    return earlier, later


def proposal(reader: Person) -> dict[str, Any]:
    (asked,) = reader.get("/staff/corrections").json["items"]
    return dict(asked)


def test_the_later_report_becomes_a_token_when_a_second_person_confirms(town: Town, rules: None) -> None:
    earlier, later = both_first(town)
    joined = town.step(town.desk, later, "join", original=earlier)
    assert (joined["duplicate_of"], joined["rank"], joined["state"]) == (earlier, 2, "filed")
    assert points(town.second, later) == 10  # nothing is taken by one person, or by a machine
    second = town.cast.staff(Role.SECOND_REVIEWER)
    asked = proposal(second)
    assert (asked["state"], asked["points_before"], asked["points_after"]) == ("asked", 10, 1)
    assert asked["asked_by"] == f"staff:{town.desk.id}"
    assert second.post(f"/staff/corrections/{asked['id']}/confirm").status_code == 200
    assert (points(town.reporter, earlier), points(town.second, later)) == (10, 1)
    assert town.second.get("/me/points").json["available"] == 1
    earning = town.second.get(f"/tickets/{later}").json["earning"]
    told = town.second.get(f"/me/earnings/{earning}").json
    assert any("与更早上报的工单相同" in line for line in told["sentences"]["zh-CN"])


def test_points_that_were_spent_meanwhile_stay_spent_and_nobody_owes(town: Town, rules: None) -> None:
    earlier, later = both_first(town)
    spend(town.cast, town.second, 10)
    town.step(town.desk, later, "join", original=earlier)
    second = town.cast.staff(Role.SECOND_REVIEWER)
    assert second.post(f"/staff/corrections/{proposal(second)['id']}/confirm").status_code == 200
    assert points(town.second, later) == 1
    assert town.second.get("/me/points").json["available"] == 0


def test_the_same_person_twice_earns_once(town: Town, rules: None) -> None:
    earlier = town.report()
    town.wait(minutes=10)
    later = town.report()
    for ticket in (later, earlier):
        town.step(town.desk, ticket, "verify")
    town.step(town.desk, later, "join", original=earlier)
    second = town.cast.staff(Role.SECOND_REVIEWER)
    assert proposal(second)["points_after"] == 0


def test_the_joined_one_is_mended_and_closed_with_the_earlier(town: Town, rules: None) -> None:
    earlier, later = both_first(town)
    third = town.report(town.reporter)
    town.step(town.desk, third, "verify", duplicate_of=later)
    town.step(town.desk, later, "dispatch", unit="sanitation")
    assert town.step(town.desk, later, "join", original=earlier)["state"] == "filed"
    assert no(town.desk.post(f"/tickets/{later}/dispatch", {"unit": "sanitation"})) == (409, "ticket_follows_original")
    town.step(town.desk, earlier, "dispatch", unit="sanitation")
    town.step(town.handler, earlier, "fix", note="已清运")
    town.step(town.walker, earlier, "check", passed=True)
    assert {town.desk.get(f"/tickets/{each}").json["state"] for each in (earlier, later, third)} == {"closed"}


def test_only_an_earlier_filed_report_is_an_original(town: Town, rules: None) -> None:
    earlier, later = both_first(town)
    received = town.report(town.second)
    assert no(town.desk.post(f"/tickets/{earlier}/join", {"original": later})) == (409, "ticket_original_unfit")
    assert no(town.desk.post(f"/tickets/{later}/join", {"original": later})) == (409, "ticket_original_unfit")
    assert no(town.desk.post(f"/tickets/{received}/join", {"original": later})) == (409, "ticket_not_filed")
    town.step(town.desk, later, "join", original=earlier)
    assert no(town.desk.post(f"/tickets/{later}/join", {"original": earlier})) == (409, "ticket_follows_already")
    assert no(town.reporter.post(f"/tickets/{later}/join", {"original": earlier})) == (403, "not_permitted")
