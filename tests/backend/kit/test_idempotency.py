"""A repeated POST gets its first answer, and its work is done once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from backend.kit.db import db, rows
from backend.kit.http.idempotency import FirstAnswer, forget_answers
from backend.workers.schedule import FOR_EACH_DISTRICT
from points.clock import FixedClock
from points.errors import Category, Kind
from points.ids import new_id
from tests.app import DISTRICT, NOON, OTHER_DISTRICT
from tests.backend.kit.probe import Probe
from tests.cast import Cast, Person

BODY = {"text": "一次"}


def twin(person: Person) -> Person:
    """The same person on another phone."""
    return Person(person.app, person.app.test_client(), person.kind, person.id, person.token, person.district)


def test_a_post_without_a_right_key_is_refused(cast: Cast, probe: Probe) -> None:
    resident = cast.resident()
    for key in (None, "", "1", str(uuid.uuid4()), new_id(NOON).upper(), new_id(NOON) + " x"):
        headers = {"Authorization": f"Bearer {resident.token}"} | ({"Idempotency-Key": key} if key is not None else {})
        answer = resident.client.post("/api/v1/probe", json=BODY, headers=headers)
        assert (key, answer.status_code, answer.json["code"]) == (key, 400, "idempotency_key_needed")
    assert probe.committed == []


def test_the_same_key_and_body_get_the_first_answer_again(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    first = resident.post("/probe", BODY, key=key)
    assert (first.status_code, first.json) == (201, {"text": "一次", "done": 1})
    assert "Idempotency-Replayed" not in first.headers
    for _ in range(2):
        again = resident.post("/probe", BODY, key=key)
        assert (again.status_code, again.json) == (201, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.content_type == "application/json"
    assert probe.committed == ["一次"]


def test_the_same_key_with_another_body_is_refused(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    resident.post("/probe", BODY, key=key)
    answer = resident.post("/probe", {"text": "两次"}, key=key)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert probe.committed == ["一次"]


def test_the_same_key_at_another_address_is_refused(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    resident.post("/probe", BODY, key=key)
    answer = resident.post("/me/consents", {"purpose": "leaderboard", "given": True}, key=key)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert resident.get("/me/consents").json == {"given": []}


def test_another_persons_key_is_their_own(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    key = new_id(clock.now())
    for person in (cast.resident(), cast.resident("钱大雪")):
        answer = person.post("/probe", BODY, key=key)
        assert (answer.json["done"], "Idempotency-Replayed" in answer.headers) == (1, False)


def test_what_was_refused_may_be_asked_again_under_its_key(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    no = Kind("probe_no", Category.CONFLICT, zh="现在不行。", en="Not now.")

    def refuse() -> None:
        raise no()

    probe.then = refuse
    assert resident.post("/probe", BODY, key=key).json["code"] == "probe_no"
    probe.then = lambda: None
    answer = resident.post("/probe", BODY, key=key)
    assert (answer.status_code, answer.json["done"]) == (201, 1)


def test_a_fault_undoes_the_work_and_leaves_the_key_free(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())

    def fail() -> None:
        raise ZeroDivisionError

    probe.then = fail
    assert resident.post("/probe", BODY, key=key).status_code == 500
    assert probe.committed == []
    probe.then = lambda: None
    assert resident.post("/probe", BODY, key=key).json["done"] == 1


def test_a_repetition_while_the_first_still_runs_is_told_to_wait(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key, go_on = cast.resident(), new_id(clock.now()), Event()
    probe.waits_for = go_on
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(twin(resident).post, "/probe", BODY, key=key)
        assert probe.inside.wait(10)
        second = twin(resident).post("/probe", BODY, key=key)
        go_on.set()
        assert first.result().json["done"] == 1
    assert (second.status_code, second.json["code"], second.json["retry"]) == (409, "still_running", True)
    assert resident.post("/probe", BODY, key=key).headers["Idempotency-Replayed"] == "true"


def test_eight_at_once_do_the_work_once(cast: Cast, probe: Probe, clock: FixedClock) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    people = [twin(resident) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda person: person.post("/probe", BODY, key=key), people))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json["done"] for answer in answers if answer.status_code == 201} == {1}
    assert probe.committed == ["一次"]


def test_even_without_the_mark_of_a_running_request_the_work_is_done_once(
    cast: Cast, probe: Probe, clock: FixedClock
) -> None:
    """The mark lives in the cache, which may be lost; the table's own constraint is the second lock."""
    resident, key, go_on = cast.resident(), new_id(clock.now()), Event()
    probe.waits_for = go_on
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(twin(resident).post, "/probe", BODY, key=key)
        assert probe.inside.wait(10)
        cast.app.extensions["civic_cache"].flushall()
        cast.signed_in("resident", resident.id, ("resident",))
        other = cast.signed_in("resident", resident.id, ("resident",))
        second = threads.submit(other.post, "/probe", BODY, key=key)
        go_on.set()
        statuses = {first.result().status_code, second.result().status_code}
    assert statuses == {201}
    assert first.result().json == second.result().json
    assert probe.committed == ["一次"]


def test_stored_answers_are_sealed(cast: Cast, probe: Probe) -> None:
    cast.resident().post("/probe", {"text": "银杏叶"})
    stored = db.session.scalars(rows(FirstAnswer, DISTRICT)).one()
    assert "银杏叶" not in stored.body


def test_the_key_is_looked_at_only_for_who_may_ask(cast: Cast, probe: Probe) -> None:
    assert cast.stranger().post("/probe", BODY).json["code"] == "token_invalid"
    assert cast.staff().post("/probe", BODY).json["code"] == "not_permitted"


def test_an_answer_is_kept_for_its_days_and_an_older_key_is_never_done_again(
    cast: Cast, probe: Probe, clock: FixedClock
) -> None:
    resident, key = cast.resident(), new_id(clock.now())
    first = resident.post("/probe", BODY, key=key)
    clock.advance(days=90)
    young = cast.resident()  # an older sign-in has ended
    resident.token = cast.signed_in("resident", resident.id, ("resident",)).token
    assert forget_answers(DISTRICT) == 0
    assert resident.post("/probe", BODY, key=key).json == first.json
    recent = new_id(clock.now())
    young.post("/probe", BODY, key=recent)
    clock.advance(days=8)
    resident.token = cast.signed_in("resident", resident.id, ("resident",)).token
    assert forget_answers(OTHER_DISTRICT) == 0
    assert forget_answers(DISTRICT) == 1
    late = resident.post("/probe", BODY, key=key)
    assert (late.status_code, late.json["code"]) == (410, "idempotency_key_expired")
    clock.advance(days=-7)  # a clock that was set right again opens no gap
    assert resident.post("/probe", BODY, key=key).json["code"] == "idempotency_key_expired"
    assert probe.committed == ["一次", "一次"]
    assert [kept.key for kept in db.session.scalars(rows(FirstAnswer, DISTRICT))] == [recent]


def test_an_answer_to_a_key_from_the_future_is_kept_until_that_is_past(
    cast: Cast, probe: Probe, clock: FixedClock
) -> None:
    resident, ahead = cast.resident(), new_id(clock.now() + timedelta(days=365))
    resident.post("/probe", BODY, key=ahead)
    clock.advance(days=200)
    assert forget_answers(DISTRICT) == 0
    clock.advance(days=263)
    assert forget_answers(DISTRICT) == 1


def test_a_key_from_the_end_of_all_days_is_a_key(cast: Cast, probe: Probe) -> None:
    assert cast.resident().post("/probe", BODY, key="ffffffff-ffff-7fff-bfff-ffffffffffff").status_code == 201
    first = cast.resident().post("/probe", BODY, key="00000000-0000-7000-8000-000000000000")
    assert (first.status_code, first.json["code"]) == (410, "idempotency_key_expired")


def test_more_answers_than_fit_into_one_transaction_are_forgotten(
    cast: Cast, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, probe: Probe
) -> None:
    monkeypatch.setattr("backend.kit.http.idempotency._AT_ONCE", 2)
    resident = cast.resident()
    for _ in range(5):
        resident.post("/probe", BODY)
    clock.advance(days=98)
    assert forget_answers(DISTRICT) == 5
    assert forget_answers(DISTRICT) == 0


def test_the_worker_forgets_old_answers() -> None:
    assert forget_answers in [job.work for job in FOR_EACH_DISTRICT]
