"""Days at random: whatever people press and however the clock moves, nobody serves the same minute twice."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from backend.kit.auth import Role
from backend.kit.db import db
from backend.volunteering.attendance.hours import Span
from backend.volunteering.attendance.models import Attendance
from backend.volunteering.attendance.service import close_forgotten
from points.clock import FixedClock
from tests.app import DISTRICT
from tests.backend.volunteering.stage import BEGINS, ENDS, Stage, activity, at, shift

STEPS = 60


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_hours_of_one_person_never_overlap(stage: Stage, clock: FixedClock, seed: int) -> None:
    dice, person, reviewer = Random(seed), stage.volunteer(), stage.cast.staff(Role.REVIEWER)
    late = shift(starts_at=ENDS.isoformat(), ends_at=(ENDS + timedelta(hours=1)).isoformat())
    other = stage.leader.post("/activities", activity(stage.team, shifts=[late])).json
    person.post(f"/activities/{other['id']}/signups", {"shift": other["shifts"][0]["id"], "risks_seen": True})
    shifts = [stage.shift, other["shifts"][0]["id"]]
    clock.at, seen = BEGINS - timedelta(minutes=10), set()
    for _ in range(STEPS):
        clock.advance(seconds=dice.choice([20, 61, 300, 600, 600, 1200, -900]))
        stage.shift, press = dice.choice(shifts), dice.choice([0, 1, 2, 3, 4, 4, 5, 5])
        for attendance in _all()[-1:]:
            if press == 0:
                stage.confirm(attendance.id, break_minutes=dice.randrange(3))
            elif press == 1:
                body = {"checked_out_at": (clock.at - timedelta(minutes=dice.randrange(120))).isoformat()}
                path = f"/shifts/{attendance.shift}/attendance/{attendance.id}/correct"
                stage.leader.post(path, body | {"reason": "忘了签退"})
            elif press == 2:
                stage.confirm_as_second(attendance.id, reviewer)
        if press == 3:
            close_forgotten(DISTRICT)
        elif press == 4:
            stage.check_in(person, at(dice.choice([0, 2000])))
        elif press == 5:
            stage.check_out(person)
        seen |= {attendance.state for attendance in _all()}
        _check()
    assert {"present", "done"} <= seen


def _all() -> list[Attendance]:
    db.session.rollback()
    return list(db.session.scalars(select(Attendance).order_by(Attendance.checked_in_at)))


def _check() -> None:
    found = _all()
    assert sum(attendance.state == "present" for attendance in found) <= 1
    spans = [Span(a.checked_in_at, a.checked_out_at) for a in found if a.checked_out_at is not None]
    assert not any(a.overlaps(b) for n, a in enumerate(spans) for b in spans[:n])
    for attendance in found:
        assert (attendance.earning is not None) == (attendance.state == "confirmed")
        assert (attendance.minutes > 0) == (attendance.checked_out_at is not None)
        assert attendance.minutes + attendance.break_minutes <= 180
