"""Sign-ins: tokens that only their holder knows, that end, and whose roles are read anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient

from backend.kit.auth import Role
from backend.kit.auth.sessions import SessionStore, _key
from backend.kit.db import find, transaction
from backend.staff.models import StaffMember
from points.clock import FixedClock
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast
from tests.waiting import until

DAY = timedelta(days=1)


@pytest.fixture
def store(fresh_cache: redis.Redis, clock: FixedClock) -> SessionStore:
    return SessionStore(fresh_cache, clock)


def begin(store: SessionStore, who: str = "a", **options: Any) -> str:
    return store.begin("resident", who, DISTRICT, **({"life": DAY, "idle": DAY} | options))[0]


def test_a_token_has_256_bits_and_no_two_are_alike(store: SessionStore) -> None:
    tokens = {begin(store) for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {43}  # 32 bytes in base64


def test_the_store_never_holds_a_token(store: SessionStore, fresh_cache: redis.Redis) -> None:
    token = begin(store)
    held = "".join(str(key) + str(fresh_cache.dump(key)) for key in fresh_cache.scan_iter())
    assert token not in held
    assert store.find(token) is not None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 100, "x" * 10_000, "令牌", "\x00"])
def test_what_is_no_token_finds_nothing(store: SessionStore, token: str) -> None:
    begin(store)
    assert store.find(token) is None


def test_a_session_says_what_it_was_begun_with(store: SessionStore, clock: FixedClock) -> None:
    token, made = store.begin(
        "clerk", "c", DISTRICT, roles=("clerk",), life=DAY, idle=timedelta(hours=1), merchant="m", shop="s"
    )
    found = store.find(token)
    assert found == made
    assert (made.kind, made.id, made.district, made.roles) == ("clerk", "c", DISTRICT, ("clerk",))
    assert (made.merchant, made.shop, made.ends_at) == ("m", "s", clock.now() + DAY)


def test_a_session_ends_at_its_time_however_much_it_is_used(store: SessionStore, clock: FixedClock) -> None:
    token = begin(store)
    clock.advance(hours=23, minutes=59)
    assert store.find(token) is not None
    clock.advance(minutes=1)
    assert store.find(token) is None
    clock.advance(hours=-2)
    assert store.find(token) is None, "ended for good"


def test_a_session_that_is_not_used_ends_and_one_that_is_lives_on(
    store: SessionStore, fresh_cache: redis.Redis
) -> None:
    used, unused = begin(store), begin(store, "b")
    whole_day = range(int(DAY.total_seconds() - 60) * 1000, int(DAY.total_seconds()) * 1000 + 1)
    assert fresh_cache.pttl(_key(unused)) in whole_day
    fresh_cache.pexpire(_key(used), 60_000)  # nearly the whole day went by without a request
    fresh_cache.pexpire(_key(unused), 100)
    assert store.find(used) is not None
    assert fresh_cache.pttl(_key(used)) in whole_day
    until(lambda: not fresh_cache.exists(_key(unused)))
    assert store.find(used) is not None
    assert store.find(unused) is None


def test_one_sign_out_ends_one_session(store: SessionStore) -> None:
    first, second = begin(store), begin(store)
    session = store.find(first)
    assert session is not None
    store.end(session)
    assert store.find(first) is None
    assert store.find(second) is not None


def test_all_sessions_of_one_person_end_together_and_nobody_elses(store: SessionStore) -> None:
    own = [begin(store) for _ in range(3)]
    other = begin(store, "b")
    elsewhere = store.begin("resident", "a", OTHER_DISTRICT, life=DAY, idle=DAY)[0]
    as_staff = store.begin("staff", "a", DISTRICT, life=DAY, idle=DAY)[0]
    assert store.end_all("resident", DISTRICT, "a") == 3
    assert [store.find(token) for token in own] == [None] * 3
    assert all(store.find(token) for token in (other, elsewhere, as_staff))


def test_everybodys_sessions_end_together(store: SessionStore, fresh_cache: redis.Redis) -> None:
    tokens = [begin(store, who) for who in "abc"]
    store.end_everything()
    assert [store.find(token) for token in tokens] == [None] * 3
    assert list(fresh_cache.scan_iter()) == []


def test_nothing_of_a_session_outlives_it(store: SessionStore, fresh_cache: redis.Redis) -> None:
    begin(store)
    assert all(0 < fresh_cache.pttl(key) <= 2 * DAY.total_seconds() * 1000 for key in fresh_cache.scan_iter())


def test_a_request_without_a_right_token_is_told_to_sign_in(client: FlaskClient) -> None:
    for header in (None, "", "Bearer", "Bearer ", "Basic abc", "Bearer x y", "bearer " + "x" * 5000, "Bearer 令牌"):
        headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
        answer = client.get("/api/v1/me", headers=headers)
        assert (header, answer.status_code, answer.json["code"]) == (header, 401, "token_invalid")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_signed_out_is_worth_nothing(cast: Cast) -> None:
    resident = cast.resident()
    assert resident.delete("/session").status_code == 204
    assert resident.get("/me").status_code == 401


def test_a_changed_role_counts_on_the_next_request(cast: Cast) -> None:
    staff = cast.staff(Role.REVIEWER)
    assert staff.get("/staff/acts").status_code == 200
    with transaction():
        find(StaffMember, DISTRICT, staff.id, lock=True).roles = [Role.AUDITOR.value]
    assert staff.get("/staff/acts").json["code"] == "not_permitted"
    with transaction():
        find(StaffMember, DISTRICT, staff.id, lock=True).roles = [Role.SECOND_REVIEWER.value]
    assert staff.get("/staff/acts").status_code == 200


def test_staff_who_were_closed_are_signed_out(cast: Cast) -> None:
    staff = cast.staff(Role.REVIEWER)
    with transaction():
        find(StaffMember, DISTRICT, staff.id, lock=True).closed = True
    assert staff.get("/staff/acts").json["code"] == "token_invalid"
    with transaction():
        find(StaffMember, DISTRICT, staff.id, lock=True).closed = False
    assert staff.get("/staff/acts").json["code"] == "token_invalid"


def test_a_lost_cache_signs_everybody_out_and_breaks_nothing(cast: Cast, fresh_cache: redis.Redis) -> None:
    resident = cast.resident()
    fresh_cache.flushall()
    assert resident.get("/me").json["code"] == "token_invalid"
    assert cast.signed_in("resident", resident.id, ("resident",)).get("/me").status_code == 200
