"""A ledger that was lost, fell behind, forked or tore: what is put together again, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import redis
from sqlalchemy import select

from backend.journal import rebuilding
from backend.journal.alone import alone
from backend.journal.check import compare
from backend.journal.models import JournalLeg
from backend.journal.opening import is_open, keep_open
from backend.journal.projector import head, project_all
from backend.kit import audit
from backend.kit.auth import Role
from backend.kit.db import db, transaction
from backend.wiring import parts
from points.errors import Refused
from points.ledger import connect
from points.ledger.seen import Seen
from tests.app import DISTRICT, OTHER_DISTRICT
from tests.cast import Cast
from tests.points.ledger.town import Town
from tests.servers import Valkey

Keys = dict[bytes, bytes]


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"redis": {"fenced": True}}


@pytest.fixture
def busy(app: object, clock: Any) -> Town:
    """An open ledger with grants, a hold and a capture; the journal has all of it."""
    from backend.wiring import ledger

    keep_open(DISTRICT)
    town = Town(ledger(DISTRICT), clock).opened()
    town.earn("lin", 100)
    town.capture(town.hold("lin").id)
    town.hold("lin")
    project_all(DISTRICT)
    return town


@pytest.fixture
def raw(fresh_redis: redis.Redis, busy: Town) -> Iterator[redis.Redis]:
    client = connect(busy_url())
    yield client
    client.close()


def busy_url() -> str:
    return str(parts().settings.redis.url)


def everything(client: redis.Redis) -> Keys:
    """All keys but the stream, which is trimmed, and the head, which says which run it is open for."""
    left_out = (b":entries", b":head")
    return {key: client.dump(key) for key in client.keys("*") if not key.endswith(left_out)}


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def test_a_lost_ledger_is_rebuilt_key_by_key(busy: Town, raw: redis.Redis) -> None:
    before, ended = everything(raw), busy.ledger.head()
    raw.flushall()
    assert refused(lambda: busy.earn("lin", 1)) == "ledger_closed"
    assert rebuilding.rebuild(DISTRICT) == ended
    assert everything(raw) == before
    assert compare(DISTRICT).holds
    busy.earn("lin", 1)


def test_a_ledger_that_is_not_empty_is_not_rebuilt(busy: Town) -> None:
    assert refused(lambda: rebuilding.rebuild(DISTRICT)) == "ledger_not_empty"


def test_an_empty_ledger_is_not_opened_over_a_full_journal(busy: Town, raw: redis.Redis) -> None:
    raw.flushall()
    assert refused(lambda: keep_open(DISTRICT)) == "ledger_behind"
    assert is_open(DISTRICT) is False


def test_the_other_district_is_left_alone(busy: Town, raw: redis.Redis) -> None:
    keep_open(OTHER_DISTRICT)
    rebuilding.replace(DISTRICT)
    assert is_open(OTHER_DISTRICT)


def test_a_second_server_is_filled_and_stays_closed(
    busy: Town, private_valkey: Callable[..., Valkey], raw: redis.Redis
) -> None:
    other = connect(private_valkey().socket)
    assert rebuilding.rebuild_into(other, DISTRICT) == busy.ledger.head()
    assert everything(other) == everything(raw)
    assert b"\tclosed\t" in other.get("{d:370112}:head")
    assert refused(lambda: rebuilding.rebuild_into(other, DISTRICT)) == "ledger_not_empty"
    other.close()


def put_back(client: redis.Redis, kept: Keys) -> None:
    client.flushall()
    for key, value in kept.items():
        client.restore(key, 0, value)


def whole(client: redis.Redis) -> Keys:
    return {key: client.dump(key) for key in client.keys("*")}


def test_an_old_ledger_put_back_is_refused_until_it_has_caught_up(busy: Town, raw: redis.Redis) -> None:
    old = whole(raw)
    for points in (1, 2, 3):
        busy.earn("lin", points)
    project_all(DISTRICT)
    ended, wanted = busy.ledger.head(), everything(raw)
    put_back(raw, old)
    assert refused(lambda: rebuilding.open_ledger(DISTRICT)) == "ledger_behind"
    assert rebuilding.catch_up(DISTRICT) == ended
    assert everything(raw) == wanted
    assert compare(DISTRICT).holds
    assert busy.earn("lin", 4).number == ended.number + 1


def test_a_ledger_that_has_more_than_the_journal_is_copied_by_catching_up(busy: Town) -> None:
    busy.earn("lin", 9)
    assert rebuilding.catch_up(DISTRICT) == busy.ledger.head() == head(DISTRICT)


def fork(busy: Town, raw: redis.Redis) -> None:
    """The journal had two entries more than an old ledger, which then took three others."""
    old = whole(raw)
    busy.earn("lin", 1)
    busy.earn("lin", 2)
    project_all(DISTRICT)
    journal = head(DISTRICT)
    put_back(raw, old)
    behind = busy.ledger.head()
    busy.ledger._seen = Seen()  # somebody who had seen less
    busy.ledger.open(behind)
    for points in (4, 5, 6):
        busy.earn("lin", points)
    assert (busy.ledger.head().number, journal.number) == (behind.number + 3, behind.number + 2)


def test_a_fork_is_refused_by_opening_catching_up_and_copying(busy: Town, raw: redis.Redis) -> None:
    fork(busy, raw)
    assert refused(lambda: rebuilding.open_ledger(DISTRICT)) == "ledger_forked"
    assert refused(lambda: rebuilding.catch_up(DISTRICT)) == "ledger_forked"
    assert refused(lambda: project_all(DISTRICT)) == "journal_chain_broken"


def test_a_forks_entries_are_given_up_by_two_staff_alone(busy: Town, raw: redis.Redis, cast: Cast) -> None:
    for name in ("邹立夏", "秦小雪"):
        cast.staff(Role.ADMIN, name=name)
    fork(busy, raw)
    assert refused(lambda: rebuilding.replace(DISTRICT)) == "journal_behind"
    assert refused(lambda: rebuilding.replace(DISTRICT, ("邹立夏", "邹立夏"), "分叉")) == "bad_staff"
    assert refused(lambda: rebuilding.replace(DISTRICT, ("邹立夏", "秦小雪"), " ")) == "bad_staff"
    assert refused(lambda: rebuilding.replace(DISTRICT, ("邹立夏", "无此人"), "分叉")) == "bad_staff"
    made = rebuilding.replace(DISTRICT, ("邹立夏", "秦小雪"), "旧文件被放回后写入")
    assert made == head(DISTRICT)
    assert compare(DISTRICT).holds
    line = db.session.scalars(select(audit.AuditLine)).one()
    assert line.action == "ledger.replaced"
    assert (line.details["given_up"], line.details["first_staff"]) == (3, "邹立夏")


def test_a_torn_ledger_is_replaced_and_loses_nothing(busy: Town, raw: redis.Redis) -> None:
    busy.earn("lin", 8)  # in the stream alone
    ended = busy.ledger.head()
    number, digest, seen, _, run, epoch = raw.get("{d:370112}:head").decode().split("\t")
    raw.set("{d:370112}:head", "\t".join((number, digest, seen, "torn", run, epoch)))
    assert refused(lambda: busy.earn("lin", 1)) == "ledger_torn"
    assert refused(lambda: rebuilding.catch_up(DISTRICT)) == "ledger_torn"
    assert rebuilding.replace(DISTRICT) == ended
    assert compare(DISTRICT).holds


def test_no_ledger_is_made_of_a_journal_that_was_changed(busy: Town, raw: redis.Redis) -> None:
    with transaction() as session:
        leg = session.scalars(select(JournalLeg).where(JournalLeg.number == 2)).first()
        if leg is None:
            leg = session.scalars(select(JournalLeg).where(JournalLeg.number == 4)).first()
        assert leg is not None
        leg.balance += 1
    assert refused(lambda: rebuilding.replace(DISTRICT)) == "journal_changed"
    assert raw.dbsize() > 0
    raw.flushall()
    assert refused(lambda: rebuilding.rebuild(DISTRICT)) == "journal_changed"


def test_a_server_started_anew_takes_no_postings_until_it_is_matched(busy: Town, raw: redis.Redis) -> None:
    busy.ledger.close()
    assert refused(lambda: busy.earn("lin", 1)) == "ledger_closed"
    keep_open(DISTRICT)
    assert is_open(DISTRICT)
    busy.earn("lin", 1)


def test_a_ledger_is_put_together_by_one_command_at_a_time(busy: Town, raw: redis.Redis) -> None:
    at_work = (rebuilding.catch_up, rebuilding.rebuild, rebuilding.replace)
    with alone(DISTRICT):
        for work in at_work:
            assert refused(partial(work, DISTRICT)) == "ledger_at_work"
        with alone(OTHER_DISTRICT):
            pass
    assert rebuilding.catch_up(DISTRICT) == head(DISTRICT)
