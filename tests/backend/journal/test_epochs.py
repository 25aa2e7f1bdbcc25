"""A ledger that was put together anew begins an epoch; one of an epoch that is over is neither opened nor copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from sqlalchemy import delete, select, update

from backend.journal import epochs, rebuilding
from backend.journal.check import compare
from backend.journal.health import journals
from backend.journal.models import JournalEpoch, JournalHead
from backend.journal.opening import is_open, keep_open, open_ledger
from backend.journal.projector import head, project_all
from backend.kit import audit
from backend.kit.auth import Role
from backend.kit.db import db, transaction
from backend.wiring import ledger, parts
from points.ledger import connect
from tests.app import DISTRICT
from tests.backend.journal.test_rebuilding import put_back, refused, whole
from tests.cast import Cast
from tests.points.ledger.town import Town

TWO = ("邹立夏", "秦小雪")
HEAD = f"{{d:{DISTRICT}}}:head"


@pytest.fixture
def overrides() -> dict[str, dict[str, Any]]:
    return {"redis": {"fenced": True}}


@pytest.fixture
def two(cast: Cast) -> None:
    """Two members of staff who may sign together."""
    for name in TWO:
        cast.staff(Role.ADMIN, name=name)


@pytest.fixture
def busy(app: object, clock: Any, two: None) -> Town:
    """An open ledger with grants, a hold and a capture; the journal has all of it."""
    keep_open(DISTRICT)
    town = Town(ledger(DISTRICT), clock).opened()
    town.earn("lin", 100)
    town.capture(town.hold("lin").id)
    project_all(DISTRICT)
    return town


@pytest.fixture
def raw(fresh_redis: redis.Redis, busy: Town) -> Iterator[redis.Redis]:
    client = connect(parts().settings.redis.url)
    assert isinstance(client, redis.Redis)
    yield client
    client.close()


def forget_epochs() -> None:
    """As a journal that was restored from before they began."""
    with transaction() as session:
        session.execute(delete(JournalEpoch))
        session.execute(update(JournalHead).values(epoch=0))


def gone_on_and_given_up(busy: Town, raw: redis.Redis) -> dict[bytes, bytes]:
    """Three answered entries of a ledger that tore before they were copied are given up; answers that ledger's keys."""
    number = head(DISTRICT).number
    for points in (1, 2, 3):
        busy.earn("lin", points)
    lost = whole(raw)
    raw.xtrim(
        f"{{d:{DISTRICT}}}:entries", minid=f"{number + 3}-0", approximate=False
    )  # what lies between cannot be had any more
    assert refused(lambda: rebuilding.replace(DISTRICT)) == "journal_behind"
    rebuilding.replace(DISTRICT, TWO, "账流被误删")
    return lost


def test_giving_up_begins_an_epoch_that_head_journal_and_audit_log_record(busy: Town, raw: redis.Redis) -> None:
    before = head(DISTRICT)
    gone_on_and_given_up(busy, raw)
    (noted,) = epochs.history(DISTRICT)
    assert (noted.epoch, noted.number, noted.hash) == (1, before.number, before.hash)
    assert (noted.why, noted.given_up, noted.staff, noted.reason) == ("replaced", 3, list(TWO), "账流被误删")
    assert raw.get(HEAD).decode().split("\t")[5] == "1"
    line = db.session.scalars(select(audit.AuditLine).where(audit.AuditLine.action.startswith("ledger."))).one()
    assert (line.action, line.details["epoch"], line.details["second_staff"]) == ("ledger.replaced", 1, "秦小雪")
    assert busy.earn("lin", 7).number == before.number + 1
    assert raw.get(HEAD).decode().split("\t")[5] == "1"
    project_all(DISTRICT)
    assert compare(DISTRICT).holds


def test_a_ledger_with_entries_that_were_given_up_is_neither_opened_nor_copied(busy: Town, raw: redis.Redis) -> None:
    """By number and hash alone it would match: it has what the journal has, and more."""
    put_back(raw, gone_on_and_given_up(busy, raw))
    reached = head(DISTRICT)
    assert not is_open(DISTRICT)
    for work in (open_ledger, rebuilding.catch_up, project_all, keep_open):
        assert refused(lambda work=work: work(DISTRICT)) == "ledger_epoch"
        db.session.rollback()
    assert refused(lambda: busy.earn("lin", 1)) == "ledger_closed"
    assert head(DISTRICT) == reached
    assert refused(lambda: rebuilding.replace(DISTRICT)) == "journal_behind"
    assert refused(lambda: busy.earn("lin", 1)) == "ledger_closed"
    rebuilding.replace(DISTRICT, TWO, "旧文件被放回")
    assert epochs.current(DISTRICT) == 2
    assert compare(DISTRICT).holds


def test_a_ledger_that_caught_up_is_followed_by_no_other(busy: Town, raw: redis.Redis) -> None:
    old = whole(raw)
    busy.earn("lin", 5)
    project_all(DISTRICT)
    newer = whole(raw)
    put_back(raw, old)
    rebuilding.catch_up(DISTRICT)
    assert [(each.epoch, each.why, each.given_up) for each in epochs.history(DISTRICT)] == [(1, "caught_up", 0)]
    put_back(raw, newer)  # the first one comes back; nothing of it is lost, but it is not the one that goes on
    assert refused(lambda: open_ledger(DISTRICT)) == "ledger_epoch"
    rebuilding.catch_up(DISTRICT)  # it has what the journal has, so it may go on after all, by command
    assert epochs.current(DISTRICT) == 2
    assert busy.earn("lin", 1).number == head(DISTRICT).number + 1


def test_a_journal_that_forgot_its_epochs_takes_over_the_ledgers(busy: Town, raw: redis.Redis) -> None:
    gone_on_and_given_up(busy, raw)
    forget_epochs()
    assert refused(lambda: open_ledger(DISTRICT)) == "ledger_epoch"
    busy.earn("lin", 1)
    assert refused(lambda: project_all(DISTRICT)) == "ledger_epoch"
    db.session.rollback()
    rebuilding.catch_up(DISTRICT)
    (noted,) = epochs.history(DISTRICT)
    assert (noted.epoch, noted.why) == (1, "adopted")
    assert head(DISTRICT) == ledger(DISTRICT).head()


@pytest.mark.usefixtures("two")
def test_a_ledger_given_up_whole_begins_again_at_nothing(app: object, clock: Any, fresh_redis: redis.Redis) -> None:
    keep_open(DISTRICT)
    Town(ledger(DISTRICT), clock).opened()
    fresh_redis.delete(f"{{d:{DISTRICT}}}:entries")
    rebuilding.replace(DISTRICT, TWO, "账流丢失")
    assert str(fresh_redis.get(HEAD)).split("\t")[0] == "0"
    assert epochs.history(DISTRICT)[0].given_up == 3
    Town(ledger(DISTRICT), clock).opened()
    project_all(DISTRICT)
    assert compare(DISTRICT).holds


def test_the_check_up_names_the_epoch_and_what_was_given_up(busy: Town, raw: redis.Redis) -> None:
    gone_on_and_given_up(busy, raw)
    told = {finding.en: finding.mark for finding in journals()}
    named = [line for line in told if "epoch 1 since entry" in line]
    assert [told[line] for line in named] == ["note"]
    assert "3 entries were given up by 邹立夏、秦小雪" in named[0]
