"""Somebody edits a balance, a row, or takes one away: `verify` finds each, names it, and postings are closed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest
import redis
from flask import Flask
from sqlalchemy import delete, func, select, update

from backend.journal import rebuilding
from backend.journal.check import compare
from backend.journal.models import JournalEntry, JournalHead, JournalLeg
from backend.journal.opening import keep_open
from backend.journal.projector import project_all
from backend.kit.db import db, transaction
from backend.wiring import ledger
from points.clock import FixedClock
from points.errors import Refused
from points.ledger import connect
from points.ledger.keys import Keys
from tests.app import DISTRICT
from tests.points.ledger.town import Town
from tests.servers import Valkey

ROUNDS = int(os.environ.get("ROUNDS", "100"))
PREFIX = "{d:370112}:"


@pytest.fixture
def busy(app: Flask, clock: FixedClock) -> Town:
    """Thirty-odd entries of several kinds, all of them copied."""
    town = Town(ledger(DISTRICT), clock).opened()
    for resident in ("lin", "mei", "hao"):
        for _ in range(3):
            town.earn(resident, 40)
    for resident in ("lin", "mei", "hao"):
        town.capture(town.hold(resident).id)
        town.hold(resident)
    project_all(DISTRICT)
    assert compare(DISTRICT).holds
    return town


@pytest.fixture
def raw(ledger_server: Valkey, busy: Town) -> redis.Redis:
    return connect(ledger_server.socket)


def balance_plus_one(raw: redis.Redis) -> str:
    key = f"{PREFIX}r:lin"
    text = raw.get(key).decode()
    available, rest = text.split(" ", 1)
    raw.set(key, f"{int(available) + 1} {rest}")
    return "r:lin"


def lot_plus_one(raw: redis.Redis) -> str:
    key = f"{PREFIX}r:mei"
    head, lots = raw.get(key).decode().split("\n")
    first = lots.split(";")[0].split(",")
    first[2] = str(int(first[2]) + 1)
    raw.set(key, f"{head}\n" + ",".join(first) + lots[len(lots.split(";")[0]) :])
    return "r:mei"


def fund_plus_one(raw: redis.Redis) -> str:
    raw.hincrby(f"{PREFIX}accounts", "fund:civic", 1)
    return "accounts fund:civic"


def stock_plus_one(raw: redis.Redis) -> str:
    key = Keys(DISTRICT).stock("tea")
    raw.incr(key)
    return key.removeprefix(PREFIX)


def hold_gone(raw: redis.Redis) -> str:
    [(name, _)] = raw.zpopmin(f"{PREFIX}holds")
    return f"holds {name.decode()}"


def record_gone(raw: redis.Redis) -> str:
    key = next(iter(raw.scan_iter(f"{PREFIX}i:*"))).decode()
    raw.delete(key)
    return key.removeprefix(PREFIX)


def purse_added(raw: redis.Redis) -> str:
    raw.set(f"{PREFIX}r:nobody", "5 0 0\n")
    return "r:nobody"


TAMPERS = (balance_plus_one, lot_plus_one, fund_plus_one, stock_plus_one, hold_gone, record_gone, purse_added)


@pytest.mark.parametrize("tamper", TAMPERS)
def test_an_edited_ledger_is_found_by_its_key(raw: redis.Redis, tamper: Callable[[redis.Redis], str]) -> None:
    where = tamper(raw)
    found = compare(DISTRICT)
    assert not found.holds
    assert found.proof is not None
    assert found.proof.difference is not None
    assert found.proof.difference.where.removeprefix(PREFIX) == where
    assert where in found.line


EDITS = ("text", "id", "kind", "amount", "hash", "sha256", "leg amount", "leg balance", "leg account")
LOSSES = ("row", "leg", "row and legs", "last row, legs and head")


def edit(number: int, what: str) -> None:
    row = update(JournalEntry).where(JournalEntry.number == number)
    leg = update(JournalLeg).where(JournalLeg.number == number)
    with transaction() as session:
        match what:
            case "text":
                session.execute(row.values(text=func.replace(JournalEntry.text, "civic", "other")))
                session.execute(row.values(text=func.replace(JournalEntry.text, "tea", "pie")))
            case "id" | "kind":
                session.execute(row.values({what: "x" * 18}))
            case "amount":
                session.execute(row.values(amount=JournalEntry.amount + 1))
            case "hash":
                session.execute(row.values(hash="0" * 40))
            case "sha256":
                session.execute(row.values(sha256="0" * 64))
            case "leg amount":
                session.execute(leg.values(amount=JournalLeg.amount + 1))
            case "leg balance":
                session.execute(leg.values(balance=JournalLeg.balance + 1))
            case "leg account":
                session.execute(leg.where(JournalLeg.line == 0).values(account="fund:nowhere"))


def lose(number: int, what: str) -> None:
    with transaction() as session:
        if what != "row":
            session.execute(delete(JournalLeg).where(JournalLeg.number == number))
        if what != "leg":
            session.execute(delete(JournalEntry).where(JournalEntry.number == number))
        if "head" in what:
            last = session.scalars(select(JournalEntry).order_by(JournalEntry.number.desc()).limit(1)).one()
            session.execute(update(JournalHead).values(number=last.number, hash=last.hash, sha256=last.sha256))


@pytest.mark.parametrize("what", EDITS)
def test_an_edited_row_is_found_by_its_number(busy: Town, what: str) -> None:
    number = random.Random(what).randrange(4, 13)  # the grants, which have legs
    edit(number, what)
    found = compare(DISTRICT)
    assert not found.holds
    assert found.broken_row == number
    assert f" {number} " in found.line


@pytest.mark.parametrize("what", LOSSES)
def test_a_row_that_was_taken_away_is_found_by_its_number(busy: Town, what: str) -> None:
    last = busy.ledger.head().number
    number = last if "last" in what else 9
    lose(number, what)
    found = compare(DISTRICT)
    assert not found.holds
    if "head" in what:  # the journal itself is whole and short: it is the ledger that has more than it can show
        assert found.broken_row is None
    else:
        assert found.broken_row == number


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_whatever_is_edited_or_taken_away_is_found(busy: Town, raw: redis.Redis, seed: int) -> None:
    drawn = random.Random(seed)
    what = drawn.choice([*TAMPERS, *EDITS, *LOSSES])
    if callable(what):
        what(raw)
    elif what in EDITS:
        edit(drawn.randrange(4, 13), what)
    else:
        lose(busy.ledger.head().number if "last" in what else drawn.randrange(4, 13), what)
    assert not compare(DISTRICT).holds


def test_rows_that_were_added_are_found(busy: Town) -> None:
    last = busy.ledger.head().number
    with transaction() as session:
        session.add(
            JournalLeg(district=DISTRICT, account="resident:lin", number=last + 5, line=0, amount=9, balance=99)
        )
    assert compare(DISTRICT).broken_row == last + 5


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        work()
    db.session.rollback()
    return refused.value.code


def test_a_ledger_that_was_found_different_takes_no_postings_until_it_is_rebuilt(busy: Town, raw: redis.Redis) -> None:
    balance_plus_one(raw)
    assert not compare(DISTRICT, closes=True).holds
    assert code_of(lambda: busy.earn("lin", 1)) == "ledger_closed"
    assert code_of(lambda: keep_open(DISTRICT)) == "ledger_in_doubt"
    rebuilding.replace(DISTRICT)
    busy.earn("lin", 1)
    assert compare(DISTRICT).holds


def test_a_change_made_while_the_server_was_down_is_found_before_the_first_posting(
    busy: Town, raw: redis.Redis
) -> None:
    busy.ledger.close()
    balance_plus_one(raw)
    assert code_of(lambda: keep_open(DISTRICT)) == "ledger_in_doubt"
    assert code_of(lambda: busy.earn("lin", 1)) == "ledger_closed"


def test_a_doubt_ends_when_all_is_found_whole(busy: Town, raw: redis.Redis) -> None:
    before = raw.get(f"{PREFIX}r:lin")
    balance_plus_one(raw)
    compare(DISTRICT, closes=True)
    raw.set(f"{PREFIX}r:lin", before)
    assert compare(DISTRICT, closes=True).holds
    keep_open(DISTRICT)
    busy.earn("lin", 1)
