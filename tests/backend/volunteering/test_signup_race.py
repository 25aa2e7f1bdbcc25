"""Many at once for few places: exactly as many as there are places get one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from backend.kit.db import db, rows
from backend.volunteering.signups.models import SignUp
from tests.app import DISTRICT
from tests.backend.volunteering.stage import Stage, activity, shift
from tests.cast import Person

PLACES, PEOPLE = 3, 12


def test_twelve_at_once_for_three_places_are_three_sign_ups(stage: Stage) -> None:
    planned = stage.leader.post("/activities", activity(stage.team, shifts=[shift(places=PLACES)])).json
    stage.activity, stage.shift = planned["id"], planned["shifts"][0]["id"]
    people, ready = [stage.cast.resident(f"居民{n}") for n in range(PEOPLE)], Barrier(PEOPLE)

    def come(person: Person) -> str:
        ready.wait(30)
        answer = stage.sign_up(person)
        return str(answer.json.get("code", answer.status_code))

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = Counter(pool.map(come, people))
    assert answers == {"201": PLACES, "shift_full": PEOPLE - PLACES}
    assert stage.leader.get(f"/activities/{stage.activity}").json["shifts"][0]["free"] == 0
    assert len(list(db.session.scalars(rows(SignUp, DISTRICT).where(SignUp.shift == stage.shift)))) == PLACES


def test_one_person_pressing_often_takes_one_place(stage: Stage) -> None:
    person, ready = stage.cast.resident(), Barrier(6)

    def press(_: int) -> str:
        ready.wait(30)
        answer = stage.sign_up(person)
        return str(answer.json.get("code", answer.status_code))

    with ThreadPoolExecutor(6) as pool:
        answers = Counter(pool.map(press, range(6)))
    assert answers == {"201": 1, "already_signed_up": 5}
    assert stage.leader.get(f"/activities/{stage.activity}").json["shifts"][0]["free"] == 19
