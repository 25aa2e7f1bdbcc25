"""What the ticket tests share: a reporter in a group, a desk, a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from backend.kit.auth import Role
from tests.cast import Cast, Person

PLACE = {"lat": 36.6815, "lon": 117.0702, "datum": "gcj02", "accuracy": 12}


@dataclass
class Town:
    """The people around a ticket, all made up."""

    cast: Cast
    reporter: Person
    second: Person
    desk: Person
    handler: Person
    walker: Person

    def wait(self, **parts: float) -> None:
        """Let time pass; everybody signs in anew."""
        self.cast.app.extensions["civic_clock"].advance(**parts)
        for name in ("reporter", "second", "desk", "handler", "walker"):
            who: Person = getattr(self, name)
            setattr(self, name, self.cast.signed_in(who.kind, who.id, ("resident",) if who.kind == "resident" else ()))

    def report(self, who: Person | None = None, **changes: Any) -> str:
        """A report, taken; answers its id."""
        answer = (who or self.reporter).post("/tickets", report(**changes))
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def step(self, who: Person, ticket: str, step: str, **body: Any) -> dict[str, Any]:
        """A step that must succeed; answers the ticket after it."""
        answer = who.post(f"/tickets/{ticket}/{step}", body)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def filed(self, **changes: Any) -> str:
        ticket = self.report(**changes)
        self.step(self.desk, ticket, "verify")
        return ticket

    def dispatched(self) -> str:
        ticket = self.filed()
        self.step(self.desk, ticket, "dispatch", unit="sanitation")
        return ticket

    def closed(self) -> str:
        ticket = self.dispatched()
        self.step(self.handler, ticket, "fix", note="已清运")
        self.step(self.walker, ticket, "check", passed=True)
        return ticket


def report(**changes: Any) -> dict[str, Any]:
    """The body of a report; None takes a field out."""
    body = {"category": "暴露垃圾", "description": "绿化带旁有成堆垃圾。", "position": PLACE, "street": "370112001"}
    return {name: value for name, value in (body | changes).items() if value is not None}


def join_group(cast: Cast, *people: Person) -> str:
    """Put residents into a new group; answers its id."""
    admin = cast.staff(Role.ADMIN)
    group = admin.post("/staff/reporter-groups", {"name": f"拍客组-{people[0].id[-6:]}"}).json["id"]
    for person in people:
        added = admin.post(f"/staff/reporter-groups/{group}/members", {"resident": person.id})
        assert added.status_code == 201, added.json
    return str(group)


@pytest.fixture
def town(cast: Cast) -> Town:
    reporter, second = cast.resident("李秋分"), cast.resident("孙白露")
    join_group(cast, reporter, second)
    return Town(
        cast,
        reporter,
        second,
        desk=cast.staff(Role.DISPATCHER),
        handler=cast.staff(Role.HANDLER),
        walker=cast.staff(Role.GRID_WORKER),
    )
