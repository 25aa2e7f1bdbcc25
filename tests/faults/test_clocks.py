"""All clocks of the service jump: days on, one back, to the year's end, home. Nothing is given or spent again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from backend.journal.check import compare
from backend.journal.projector import project_all
from backend.journal.reading import sound_entries
from backend.kit import outbox
from backend.kit.db import db, transaction
from backend.passbook.posting import POSTING
from backend.settings import ROOT
from backend.wiring import ledger
from points.clock import SystemClock
from points.ids import new_id
from points.ledger.transfer import Cap, Earn, TopUp
from tests.app import DISTRICT, build
from tests.backend.rewards.people import Market, redeem
from tests.cast import Cast, Person
from tests.faults.service import ROUNDS
from tests.servers import Valkey
from tests.waiting import until

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
JUMPS = (2, 1, 45, 0)
"""How many days the clocks are ahead after each jump."""
BEHIND = (503, "ledger_ahead")
"""What a posting is told whose time lies behind what the ledger has seen; it moves nothing, and is nobody's fault."""
YEAR = timedelta(days=365)
POINTS, PRICE = 100, 3


class Moved:
    """This process's clock, as far ahead as the service's; the file is where the service's clocks look."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, days: int) -> None:
        self.days = days
        self.tell(days)

    def tell(self, days: int) -> None:
        """Move the service's clocks alone, at once: a file that is half written says that nothing has moved."""
        fresh = self.file.with_name("clock.new")
        fresh.write_text(f"+{days}d\n")
        fresh.replace(self.file)

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(days=self.days)


@pytest.fixture
def clock(tmp_path: Path) -> Moved:
    if LIBRARY is None:
        pytest.skip("libfaketime is not here: the server's clock cannot be moved")
    return Moved(tmp_path / "clock")


@pytest.fixture
def town(
    private_valkey: Callable[..., Valkey], cache_server: Valkey, database_url: str, tmp_path: Path, clock: Moved
) -> Iterator[Flask]:
    """The service on a ledger's server whose clock is moved with its own; callers too far off are refused."""
    server = private_valkey(env=_moved(clock))
    app = build(database_url, server.url, cache_server.url, tmp_path, clock, {"redis": {"skew_seconds": 60}})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _jump(town: Flask, clock: Moved, base: int) -> tuple[list[str], str]:
    """Somebody earns and redeems, and does all of it again after each jump; answers the redemptions and the earning."""
    clock.set(base)
    market = Market(Cast(town))
    shop = market.merchant(f"泉边书店（虚构）{base}")
    reward = market.reward(shop, stock=50, price=PRICE, ends_at=(clock.now() + YEAR).isoformat())
    outbox.deliver_due()
    resident, at = _resident(town), clock.now()
    ledger(DISTRICT).post(TopUp(new_id(at), "civic", 10 * POINTS))
    caps = (Cap(f"acts:{resident.id}:{at:%F}", POINTS),)
    earning = Earn(new_id(at), resident.id, "civic", POINTS, at, at + YEAR, None, caps)
    ledger(DISTRICT).post(earning)
    keys = [new_id(clock.now())]
    first = redeem(resident, reward, key=keys[0])
    assert first.status_code == 201, first.json
    for days in JUMPS:
        clock.set(base + days)
        again = redeem(resident, reward, key=keys[0])
        assert (again.status_code, again.json) == (201, first.json), f"{days} days ahead"
        assert again.headers["Idempotency-Replayed"] == "true"
        assert ledger(DISTRICT).post(earning).replayed
        key = new_id(clock.now())
        fresh = redeem(resident, reward, key=key)
        keys += [key] if fresh.status_code == 201 else []
        if fresh.status_code != 201:
            assert (fresh.status_code, fresh.json["code"]) == BEHIND, f"{days} days ahead: {fresh.json}"
            assert fresh.json["retry"]
            assert int(fresh.headers["Retry-After"]) >= 60
        ledger(DISTRICT).sweep()
    assert len(keys) == 3  # before, and after each jump ahead
    return keys, earning.id


def _jump_often(town: Flask, clock: Moved, times: int) -> None:
    """Each time from a day after the last one was farthest ahead, over one year's end after the other."""
    keys, earnings = [], []
    for base in range(0, times * (max(JUMPS) + 1), max(JUMPS) + 1):
        redeemed, earned = _jump(town, clock, base)
        keys += redeemed
        earnings.append(earned)
    project_all(DISTRICT)
    entries = list(sound_entries(DISTRICT))
    assert sorted(entry.id for entry in entries if entry.kind == "hold") == sorted(keys)
    assert sorted(entry.id for entry in entries if entry.kind == "earn") == sorted(earnings)
    assert len([entry for entry in entries if entry.kind == "time_out"]) >= len(keys) // 2
    assert compare(DISTRICT).holds, compare(DISTRICT).line
    print(f"{times * len(JUMPS)} jumps: {len(earnings)} grants, {len(keys)} redemptions, each once")


def test_clocks_that_jump_give_and_spend_nothing_again(town: Flask, clock: Moved) -> None:
    _jump_often(town, clock, 1)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_clocks_that_jump_again_and_again_give_and_spend_nothing_again(town: Flask, clock: Moved) -> None:
    _jump_often(town, clock, max(1, 15 * ROUNDS // 100))


def test_a_server_whose_clock_alone_has_jumped_takes_nothing(town: Flask, clock: Moved) -> None:
    market = Market(Cast(town))
    reward = market.reward(market.merchant(), stock=5, price=PRICE)
    outbox.deliver_due()
    resident = market.resident(POINTS)
    clock.tell(2)
    refused = redeem(resident, reward)
    assert (refused.status_code, refused.json["code"]) == (503, "clock_skew")
    clock.set(0)
    assert redeem(resident, reward).status_code == 201


@pytest.fixture
def worker(town: Flask, clock: Moved, tmp_path: Path) -> Iterator[Path]:
    """A worker whose clock is moved with all others; waits are counted by one that nobody can move. Answers its log."""
    settings = town.extensions["civic_settings"]
    env = {
        f"CIVIC_{section}_{key}".upper(): str(value)
        for section, keys in (("database", ["url"]), ("redis", ["url"]), ("cache", ["url"]), ("service", ["data_dir"]))
        for key in keys
        for value in [getattr(getattr(settings, section), key)]
    } | {f"CIVIC_SECRETS_{key}_KEY".upper(): key[0] * 40 for key in ("signing", "field", "index", "root")}
    log = tmp_path / "worker.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend.workers"],
            cwd=ROOT,
            env=os.environ | env | _moved(clock) | {"CIVIC_REDIS_FENCED": "false"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    until(lambda: b"worker_ready" in log.read_bytes())
    yield log
    process.terminate()
    assert process.wait(30) == 0, log.read_text()


def _moved(clock: Moved) -> dict[str, str]:
    """The environment of a process whose clock stands where the file says."""
    named = {"FAKETIME_TIMESTAMP_FILE": str(clock.file), "FAKETIME_NO_CACHE": "1"}
    return named | {"LD_PRELOAD": str(LIBRARY), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


def _tried_by_the_worker(clock: Moved) -> bool:
    """Send something that only the worker may try, and wait for its try."""
    with transaction():
        # nobody knows this grant: the try is noted, and nothing else comes of it
        sent = outbox.send(DISTRICT, POSTING, {"grant": new_id(clock.now())}, due_at=clock.now() + timedelta(seconds=1))

    def tries() -> int:
        db.session.rollback()
        return db.session.get_one(outbox.Outgoing, (DISTRICT, sent), populate_existing=True).tries

    until(tries, within_s=20)
    return True


def test_the_workers_jobs_go_on_wherever_the_clocks_jump(clock: Moved, worker: Path) -> None:
    for days in (0, *JUMPS):
        clock.set(days)
        assert _tried_by_the_worker(clock), f"{days} days ahead: {worker.read_text()}"


def _resident(app: Flask) -> Person:
    """A resident whose sign-in outlives all jumps."""
    person = Cast(app).resident()
    token, _ = app.extensions["civic_sessions"].begin(
        "resident", person.id, DISTRICT, roles=("resident",), life=YEAR, idle=YEAR
    )
    return replace(person, token=token)
