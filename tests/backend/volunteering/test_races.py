"""The same thing pressed many times at once happens once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from werkzeug.test import TestResponse

from backend.kit.db import db
from backend.passbook.models import Earning
from backend.volunteering.attendance.models import Attendance
from points.clock import FixedClock
from tests.backend.volunteering.stage import BEGINS, Stage, activity, at

MANY = 6


def _at_once(press: Callable[[int], TestResponse]) -> Counter[str]:
    ready = Barrier(MANY)

    def one(number: int) -> str:
        ready.wait(30)
        answer = press(number)
        return str(answer.json.get("code", answer.status_code))

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(one, range(MANY)))


def test_checking_in_at_several_shifts_at_once_opens_one(stage: Stage, clock: FixedClock) -> None:
    person, shifts = stage.cast.resident(), []
    for _ in range(MANY):
        planned = stage.leader.post("/activities", activity(stage.team)).json
        shifts.append(planned["shifts"][0]["id"])
        person.post(f"/activities/{planned['id']}/signups", {"shift": shifts[-1], "risks_seen": True})
    clock.at = BEGINS
    bodies = [{"code": stage.code(shift), "position": at()} for shift in shifts]
    answers = _at_once(lambda n: person.post(f"/shifts/{shifts[n]}/check-in", bodies[n]))
    assert answers == {"201": 1, "already_checked_in": MANY - 1}
    db.session.rollback()
    assert db.session.query(Attendance).count() == 1


def test_confirming_many_times_at_once_earns_once(stage: Stage) -> None:
    done = stage.attended(stage.volunteer())
    assert _at_once(lambda _: stage.confirm(done["id"])) == {"200": 1, "wrong_state": MANY - 1}
    db.session.rollback()
    assert db.session.query(Earning).count() == 1
