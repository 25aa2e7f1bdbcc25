"""Staff: invited by a one-time token, signed in by password and one-time code, with roles that count at once."""

from __future__ import annotations

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backend.kit import audit
from backend.kit.auth import Role
from backend.kit.db import db, rows
from backend.staff.models import StaffMember
from backend.staff.service import invite
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.cast import Cast, Person

PASSWORD = "wheat-field-in-may-7"


class Newcomer:
    """A member of staff on the way in."""

    def __init__(self, cast: Cast, clock: FixedClock, name: str = "周芒种") -> None:
        self.clock, self.name, self.stranger = clock, name, cast.stranger()
        self.invited = invite(DISTRICT, "console:test", name, [Role.REVIEWER])
        self.secret = ""

    def set_password(self, password: str = PASSWORD) -> TestResponse:
        body = {"setup_token": self.invited.setup_token, "password": password}
        answer = self.stranger.put("/staff/password", body)
        self.secret = answer.json.get("otp_secret", "")
        return answer

    def otp(self) -> str:
        return pyotp.TOTP(self.secret).at(int(self.clock.now().timestamp()))

    def sign_in(self, *, password: str = PASSWORD, otp: str | None = None, name: str | None = None) -> TestResponse:
        body = {"name": name or self.name, "password": password, "otp": otp or self.otp()}
        return self.stranger.post("/staff/session", body)


@pytest.fixture
def newcomer(cast: Cast, clock: FixedClock) -> Newcomer:
    return Newcomer(cast, clock)


def test_an_invited_member_sets_a_password_and_signs_in(newcomer: Newcomer) -> None:
    assert newcomer.set_password().status_code == 200
    answer = newcomer.sign_in()
    assert (answer.status_code, answer.json["staff"]["roles"]) == (201, ["reviewer"])


def test_a_one_time_token_is_good_once(newcomer: Newcomer) -> None:
    newcomer.set_password()
    again = newcomer.set_password("another-long-one-8")
    assert (again.status_code, again.json["code"]) == (401, "setup_token_invalid")


def test_a_one_time_token_ends_after_a_day(newcomer: Newcomer, clock: FixedClock) -> None:
    clock.advance(hours=25)
    assert newcomer.set_password().json["code"] == "setup_token_invalid"


@pytest.mark.parametrize("password", ["short", "password1234", "123456123456", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_is_refused_and_the_token_stays_good(newcomer: Newcomer, password: str) -> None:
    assert newcomer.set_password(password).json["code"] == "password_weak"
    assert newcomer.set_password().status_code == 200


def test_one_code_is_good_for_one_sign_in(newcomer: Newcomer, clock: FixedClock) -> None:
    newcomer.set_password()
    assert newcomer.sign_in().status_code == 201
    assert newcomer.sign_in().json["code"] == "sign_in_failed"
    clock.advance(seconds=30)
    assert newcomer.sign_in().status_code == 201


def test_unknown_name_wrong_password_and_wrong_code_answer_alike(newcomer: Newcomer) -> None:
    newcomer.set_password()
    answers = [
        newcomer.sign_in(name="没有此人", otp="000000"),
        newcomer.sign_in(password="not-the-password-1"),
        newcomer.sign_in(otp="000000"),
    ]
    assert {(a.status_code, a.json["code"], a.json["detail"]) for a in answers} == {
        (401, "sign_in_failed", answers[0].json["detail"])
    }


def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(newcomer: Newcomer, clock: FixedClock) -> None:
    newcomer.set_password()
    for _ in range(5):
        assert newcomer.sign_in(otp="000000").json["code"] == "sign_in_failed"
    assert newcomer.sign_in().json["code"] == "sign_in_locked"
    clock.advance(minutes=15, seconds=1)
    assert newcomer.sign_in().status_code == 201


def test_a_name_that_nobody_has_locks_like_any_other(newcomer: Newcomer) -> None:
    for _ in range(5):
        assert newcomer.sign_in(name="没有此人", otp="000000").json["code"] == "sign_in_failed"
    assert newcomer.sign_in(name="没有此人", otp="000000").json["code"] == "sign_in_locked"


def test_a_changed_role_counts_on_the_next_request(cast: Cast) -> None:
    admin, member = cast.staff(Role.ADMIN), cast.staff(Role.FUND_MANAGER)
    assert member.get("/staff/funds").status_code == 200
    admin.put(f"/staff/members/{member.id}", {"roles": ["reviewer"], "closed": False})
    assert member.get("/staff/funds").json["code"] == "not_permitted"


def test_a_closed_member_is_signed_out_at_once(cast: Cast) -> None:
    admin, member = cast.staff(Role.ADMIN), cast.staff(Role.FUND_MANAGER)
    admin.put(f"/staff/members/{member.id}", {"roles": ["fund_manager"], "closed": True})
    assert member.get("/staff/funds").json["code"] == "token_invalid"


def test_a_name_is_taken_once(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    body = {"name": "吴小雪", "roles": ["handler"]}
    assert admin.post("/staff/members", body).status_code == 201
    assert admin.post("/staff/members", body).json["code"] == "name_taken"


def test_an_invitation_that_is_repeated_answers_the_same_token(cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    key = "01a1f71c-7600-7219-bdbf-85f6975d3348"
    body = {"name": "吴小雪", "roles": ["handler"]}
    first, again = admin.post("/staff/members", body, key=key), admin.post("/staff/members", body, key=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json == again.json
    assert len(list(db.session.scalars(rows(StaffMember, DISTRICT).where(StaffMember.name == "吴小雪")))) == 1


@pytest.mark.parametrize("role", [r for r in Role if r != Role.ADMIN])
def test_nobody_but_an_admin_manages_staff(cast: Cast, role: Role) -> None:
    other: Person = cast.staff(role)
    assert other.get("/staff/members").json["code"] == "not_permitted"


def test_a_resident_cannot_be_invited_to_a_role_that_is_no_staff_role(cast: Cast) -> None:
    answer = cast.staff(Role.ADMIN).post("/staff/members", {"name": "郑大寒", "roles": ["clerk"]})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_fields")


def test_what_admins_do_is_in_the_audit_log_and_the_log_is_whole(app: Flask, cast: Cast) -> None:
    admin = cast.staff(Role.ADMIN)
    admin.post("/staff/members", {"name": "冯立冬", "roles": ["handler"]})
    admin.post("/staff/partners", {"name": "演示系统"})
    actions = [line.action for line in db.session.scalars(rows(audit.AuditLine, DISTRICT))]
    assert sorted(actions) == ["partner.added", "staff.invited"]
    assert audit.first_broken_line(DISTRICT) is None
