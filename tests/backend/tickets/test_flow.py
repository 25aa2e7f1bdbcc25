"""The way of a ticket: verified, sent, mended, checked, rated; refused, handed back, reopened."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.audit import AuditLine
from backend.kit.auth import Role
from backend.kit.db import db
from tests.backend.tickets.town import Town, report
from tests.pictures import photo_of

BODIES: dict[str, dict[str, Any]] = {
    "verify": {},
    "refuse": {"reason": "不属实"},
    "dispatch": {"unit": "sanitation"},
    "return": {"reason": "不是我单位管辖"},
    "fix": {"note": "已清运"},
    "check": {"passed": True},
    "rate": {"score": 4},
    "reopen": {"reason": "第二天又堆满了"},
}


def test_a_ticket_goes_all_the_way(town: Town) -> None:
    ticket = town.report()
    filed = town.step(town.walker, ticket, "verify")
    assert (filed["state"], filed["responded_at"]) == ("filed", "2026-11-20T04:00:00+00:00")
    assert (filed["due_at"], filed["due_provisional"]) == ("2026-11-20T09:30:00+00:00", False)  # 4 working hours
    assert town.step(town.desk, ticket, "dispatch", unit="sanitation", note="请速办")["unit"] == "sanitation"
    photo = photo_of(town.handler, 5)
    fixed = town.step(town.handler, ticket, "fix", note="已清运并冲洗", photos=[photo])
    assert (fixed["state"], fixed["after_photos"], fixed["fix_note"]) == ("fixed", [photo], "已清运并冲洗")
    closed = town.step(town.walker, ticket, "check", passed=True, note="现场已干净")
    assert (closed["state"], closed["card"]) == ("closed", "none")
    rated = town.step(town.reporter, ticket, "rate", score=5, note="很快")
    assert (rated["state"], rated["rating"], rated["rating_note"]) == ("rated", 5, "很快")
    assert [(s["step"], s["by"], s["state"]) for s in rated["steps"]] == [
        ("report", "reporter", "received"),
        ("verify", "staff", "filed"),
        ("dispatch", "staff", "dispatched"),
        ("fix", "unit", "fixed"),
        ("pass", "staff", "closed"),
        ("rate", "reporter", "rated"),
    ]
    actions = [line.action for line in db.session.query(AuditLine).order_by(AuditLine.number)]
    assert actions[-4:] == ["ticket.filed", "ticket.dispatched", "ticket.fixed", "ticket.checked"]


def test_a_refused_ticket_tells_its_reporter_why_and_earns_nothing(town: Town) -> None:
    ticket = town.report()
    town.step(town.desk, ticket, "refuse", reason="该处为私人院内，不属受理范围")
    seen = town.reporter.get(f"/tickets/{ticket}").json
    assert (seen["state"], seen["reason"]) == ("refused", "该处为私人院内，不属受理范围")
    assert (seen["earning"], seen["responded_at"] is not None) == (None, True)


def test_verifying_can_correct_the_class_and_with_it_the_limit(town: Town) -> None:
    ticket = town.report()
    filed = town.step(town.desk, ticket, "verify", category="路面破损")
    assert (filed["category"], filed["due_at"]) == ("路面破损", "2026-11-27T10:00:00+00:00")


def test_a_wrong_owner_hands_it_back_and_the_due_time_stays(town: Town) -> None:
    ticket = town.dispatched()
    due = town.desk.get(f"/tickets/{ticket}").json["due_at"]
    town.wait(days=3)  # Monday noon: the second working day is Tuesday
    returned = town.step(town.handler, ticket, "return", reason="属市政管理")
    assert (returned["state"], returned["unit"], returned["due_at"]) == ("filed", None, due)
    assert town.step(town.desk, ticket, "dispatch", unit="roads")["unit"] == "roads"


def test_after_two_working_days_it_cannot_be_handed_back(town: Town) -> None:
    ticket = town.dispatched()
    town.wait(days=4, hours=7)
    answer = town.handler.post(f"/tickets/{ticket}/return", BODIES["return"])
    assert (answer.status_code, answer.json["code"]) == (409, "ticket_return_too_late")
    assert town.desk.get(f"/tickets/{ticket}").json["state"] == "dispatched"


def test_what_is_not_mended_goes_back_to_the_unit(town: Town) -> None:
    ticket = town.dispatched()
    town.step(town.handler, ticket, "fix", note="已清运")
    failed = town.step(town.walker, ticket, "check", passed=False, note="仍有残留")
    assert (failed["state"], failed["fixed_at"], failed["unit"]) == ("dispatched", None, "sanitation")
    assert town.step(town.handler, ticket, "fix", note="再次清运")["state"] == "fixed"


def test_nobody_verifies_refuses_or_checks_an_own_report(town: Town) -> None:
    also = town.cast.staff(Role.DISPATCHER, resident=town.reporter.id)
    ticket = town.report()
    for step in ("verify", "refuse"):
        answer = also.post(f"/tickets/{ticket}/{step}", BODIES[step])
        assert (answer.status_code, answer.json["code"]) == (403, "own_ticket")
    town.step(town.desk, ticket, "verify")
    town.step(town.desk, ticket, "dispatch", unit="sanitation")
    town.step(town.handler, ticket, "fix", note="已清运")
    assert also.post(f"/tickets/{ticket}/check", {"passed": True}).json["code"] == "own_ticket"


def test_who_mended_it_cannot_check_it(town: Town) -> None:
    both = town.cast.staff(Role.HANDLER, Role.GRID_WORKER)
    ticket = town.dispatched()
    town.step(both, ticket, "fix", note="已清运")
    answer = both.post(f"/tickets/{ticket}/check", {"passed": True})
    assert (answer.status_code, answer.json["code"]) == (403, "own_fix")
    assert town.step(town.walker, ticket, "check", passed=True)["state"] == "closed"


def test_an_unhappy_reporter_reopens_it_and_the_same_unit_has_it_again(town: Town) -> None:
    ticket = town.closed()
    town.step(town.reporter, ticket, "rate", score=1)
    town.wait(days=3)
    again = town.step(town.reporter, ticket, "reopen", reason="第二天又堆满了")
    assert (again["state"], again["unit"], again["closed_at"], again["rating"]) == (
        "dispatched",
        "sanitation",
        None,
        None,
    )
    assert again["due_at"] == "2026-11-23T09:30:00+00:00"
    town.step(town.handler, ticket, "fix", note="再次清运")
    town.step(town.walker, ticket, "check", passed=True)
    assert town.step(town.reporter, ticket, "rate", score=5)["rating"] == 5


def test_a_ticket_closed_long_ago_is_reported_anew(town: Town) -> None:
    ticket = town.closed()
    town.wait(days=15, seconds=1)
    answer = town.reporter.post(f"/tickets/{ticket}/reopen", BODIES["reopen"])
    assert (answer.status_code, answer.json["code"]) == (409, "ticket_reopen_too_late")


def test_only_its_reporter_rates_or_reopens_a_ticket(town: Town) -> None:
    ticket = town.closed()
    for step in ("rate", "reopen"):
        answer = town.second.post(f"/tickets/{ticket}/{step}", BODIES[step])
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
        assert town.desk.post(f"/tickets/{ticket}/{step}", BODIES[step]).json["code"] == "not_permitted"


def test_a_first_look_after_24_hours_is_shown_as_late(town: Town) -> None:
    ticket = town.report()
    town.wait(hours=24)
    assert town.desk.get(f"/tickets/{ticket}").json["response_late"] is False
    town.wait(seconds=1)
    assert town.desk.get(f"/tickets/{ticket}").json["response_late"] is True
    assert town.step(town.desk, ticket, "verify")["response_late"] is True


def test_the_card_follows_the_clock(town: Town) -> None:
    ticket = town.filed(category="路面破损")  # due at the end of the fifth working day, Friday week
    seen = []
    for days in (0, 6, 2):
        town.wait(days=days, hours=1)
        seen.append(town.desk.get(f"/tickets/{ticket}").json["card"])
    assert seen == ["none", "none", "red"]


STATES = ("received", "refused", "filed", "dispatched", "fixed", "closed", "rated")
WAYS = {
    "verify": {"received"},
    "refuse": {"received"},
    "dispatch": {"filed"},
    "return": {"dispatched"},
    "fix": {"dispatched"},
    "check": {"fixed"},
    "rate": {"closed"},
    "reopen": {"closed", "rated"},
}


def in_state(town: Town, state: str) -> str:
    """A ticket brought to a state by its steps."""
    ticket = town.report()
    way = {
        "refused": [(town.desk, "refuse")],
        "filed": [(town.desk, "verify")],
        "dispatched": [(town.desk, "verify"), (town.desk, "dispatch")],
        "fixed": [(town.desk, "verify"), (town.desk, "dispatch"), (town.handler, "fix")],
    }
    way["closed"] = [*way["fixed"], (town.walker, "check")]
    way["rated"] = [*way["closed"], (town.reporter, "rate")]
    for who, step in way.get(state, []):
        town.step(who, ticket, step, **BODIES[step])
    return ticket


def test_a_step_that_the_table_does_not_have_is_refused(town: Town, subtests: pytest.Subtests) -> None:
    everybody = town.cast.staff(Role.DISPATCHER, Role.HANDLER, Role.GRID_WORKER)
    for state in STATES:
        ticket = in_state(town, state)
        for step in (step for step, starts in WAYS.items() if state not in starts):
            who = town.reporter if step in ("rate", "reopen") else everybody
            with subtests.test(state=state, step=step):
                answer = who.post(f"/tickets/{ticket}/{step}", BODIES[step])
                assert (answer.status_code, answer.json["code"]) == (409, "wrong_state")
        assert town.desk.get(f"/tickets/{ticket}").json["state"] == state


MAY = {
    "verify": {Role.DISPATCHER, Role.GRID_WORKER},
    "refuse": {Role.DISPATCHER, Role.GRID_WORKER},
    "dispatch": {Role.DISPATCHER},
    "return": {Role.HANDLER},
    "fix": {Role.HANDLER},
    "check": {Role.DISPATCHER, Role.GRID_WORKER},
}


def test_each_step_is_for_its_roles_only(town: Town) -> None:
    ticket = town.report()
    staff = {role: town.cast.staff(role) for role in Role}
    for step, roles in MAY.items():
        for role in set(Role) - roles:
            answer = staff[role].post(f"/tickets/{ticket}/{step}", BODIES[step])
            assert (answer.status_code, answer.json["code"]) == (403, "not_permitted"), (step, role)
        assert town.reporter.post(f"/tickets/{ticket}/{step}", BODIES[step]).json["code"] == "not_permitted"
        assert town.cast.stranger().post(f"/tickets/{ticket}/{step}", BODIES[step]).json["code"] == "token_invalid"


BAD = [
    ("verify", {"duplicate_of": "x"}, 422, "invalid_fields"),
    ("verify", {"category": "随便"}, 422, "ticket_category_unknown"),
    ("verify", {"points": 100}, 422, "invalid_fields"),
    ("refuse", {}, 422, "invalid_fields"),
    ("refuse", {"reason": "x"}, 422, "invalid_fields"),
    ("refuse", {"reason": "甲" * 501}, 422, "invalid_fields"),
    ("dispatch", {"unit": "nobody"}, 422, "ticket_unit_unknown"),
    ("dispatch", {}, 422, "invalid_fields"),
    ("fix", {"note": ""}, 422, "invalid_fields"),
    ("fix", {"note": "已修", "photos": ["x"]}, 422, "invalid_fields"),
    ("check", {"passed": "yes"}, 422, "invalid_fields"),
    ("check", {"passed": 1}, 422, "invalid_fields"),
    ("rate", {"score": 0}, 422, "invalid_fields"),
    ("rate", {"score": 6}, 422, "invalid_fields"),
    ("rate", {"score": 4.5}, 422, "invalid_fields"),
    ("rate", {"score": "5"}, 422, "invalid_fields"),
    ("rate", {"score": True}, 422, "invalid_fields"),
    ("rate", {"score": 3, "note": "找王某 13800001111"}, 422, "names_a_person"),
    ("reopen", {"reason": "找王某 13800001111"}, 422, "names_a_person"),
]
STARTS = {"verify": "received", "refuse": "received", "dispatch": "filed", "fix": "dispatched", "check": "fixed"}


def test_a_step_that_is_not_said_properly_changes_nothing(town: Town, subtests: pytest.Subtests) -> None:
    everybody = town.cast.staff(Role.DISPATCHER, Role.HANDLER, Role.GRID_WORKER)
    ready = {state: in_state(town, state) for state in {*STARTS.values(), "closed"}}
    for step, body, status, code in BAD:
        state = STARTS.get(step, "closed")
        who = town.reporter if step in ("rate", "reopen") else everybody
        with subtests.test(step=step, body=str(body)[:60]):
            answer = who.post(f"/tickets/{ready[state]}/{step}", body)
            assert (answer.status_code, answer.json["code"]) == (status, code)
            assert town.desk.get(f"/tickets/{ready[state]}").json["state"] == state


def test_a_list_of_tickets_costs_the_same_number_of_queries_however_long(town: Town) -> None:
    from sqlalchemy import event

    def cost() -> int:
        counted: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
        assert town.desk.get("/tickets").status_code == 200
        return len(counted)

    town.report()
    first = cost()
    for _ in range(5):
        town.report()
    assert cost() == first


def test_a_ticket_has_no_field_for_who_reported(town: Town) -> None:
    answer = town.reporter.post("/tickets", report())
    assert not {"reporter", "resident", "partner"} & set(answer.json)
