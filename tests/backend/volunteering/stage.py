"""The stage of the volunteering tests: a team with its leader, a shift from 13:00 to 16:00, people who come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from backend.kit.auth import Role
from tests.cast import Cast, Person

BEGINS = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""13:00 in the district, an hour after the clock of the tests."""
ENDS = BEGINS + timedelta(hours=3)
LAT, LON = 36.6803, 117.0665
METRE = 1 / 111_195
"""One metre northward, in degrees."""
DOOR = {"name": "东门", "lat": LAT, "lon": LON, "radius_m": 100, "datum": "wgs84"}


def shift(**changes: Any) -> dict[str, Any]:
    return {
        "starts_at": BEGINS.isoformat(),
        "ends_at": ENDS.isoformat(),
        "places": 20,
        "check_in_points": [DOOR],
    } | changes


def activity(team: str, **changes: Any) -> dict[str, Any]:
    return {
        "team": team,
        "title": "陪长者散步",
        "category": "敬老助残",
        "risks": "冬季路滑，请穿防滑鞋。",
        "shifts": [shift()],
    } | changes


def at(metres: float = 0, *, accuracy: float = 20, datum: str = "wgs84") -> dict[str, Any]:
    """A position so many metres north of the door."""
    return {"lat": LAT + metres * METRE, "lon": LON, "accuracy": accuracy, "datum": datum}


@dataclass
class Stage:
    """A team, its leader, and an activity with one shift."""

    cast: Cast
    admin: Person
    leader: Person
    team: str
    activity: str
    shift: str

    @classmethod
    def set_up(cls, cast: Cast) -> Stage:
        admin, leader = cast.staff(Role.ADMIN), cast.resident("周队长")
        team = admin.post("/staff/teams", {"name": "暖阳服务队", "street": "370112001", "leader": leader.id})
        assert team.status_code == 201, team.json
        planned = leader.post("/activities", activity(team.json["id"]))
        assert planned.status_code == 201, planned.json
        return cls(cast, admin, leader, team.json["id"], planned.json["id"], planned.json["shifts"][0]["id"])

    def code(self, of_shift: str | None = None) -> str:
        """What the screen at the place shows now."""
        return str(self.leader.get(f"/shifts/{of_shift or self.shift}/code").json["code"])

    def sign_up(self, person: Person, **changes: Any) -> TestResponse:
        return person.post(f"/activities/{self.activity}/signups", {"shift": self.shift, "risks_seen": True} | changes)

    def volunteer(self, name: str = "钱大同", *, consents: bool = True) -> Person:
        """Somebody signed up, who lets their position be used."""
        person = self.cast.resident(name)
        if consents:
            assert person.post("/me/consents", {"purpose": "position", "given": True}).status_code == 200
        assert self.sign_up(person).status_code == 201
        return person

    def check_in(self, person: Person, position: Any = None, **changes: Any) -> TestResponse:
        return self._scan("check-in", person, position, changes)

    def check_out(self, person: Person, position: Any = None, **changes: Any) -> TestResponse:
        return self._scan("check-out", person, position, changes)

    def confirm(self, attendance: str, by: Person | None = None, **body: Any) -> TestResponse:
        return (by or self.leader).post(f"/shifts/{self.shift}/attendance/{attendance}/confirm", body)

    def confirm_as_second(self, attendance: str, by: Person, **body: Any) -> TestResponse:
        return by.post(f"/staff/attendance/{attendance}/confirm", body)

    def attended(self, person: Person, position: Any = None, *, minutes: float = 120) -> dict[str, Any]:
        """Checked in at the shift's begin and out so many minutes later; the attendance as the person sees it."""
        clock = self.cast.app.extensions["civic_clock"]
        clock.at = max(clock.at, BEGINS)
        assert self.check_in(person, position or at()).status_code == 201
        clock.advance(minutes=minutes)
        done = self.check_out(person, position or at())
        assert done.status_code == 200, done.json
        return dict(done.json)

    def _scan(self, way: str, person: Person, position: Any, changes: dict[str, Any]) -> TestResponse:
        body = {"code": self.code(), "position": position or at()} | changes
        return person.post(f"/shifts/{self.shift}/{way}", body)
