"""The supervisor is killed, the web server reloads: one command restores all, and a reload fails no request."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults.crowd import Crowd
from tests.faults.service import ROUNDS, Service, alive, family, kill
from tests.waiting import until


def _kill_supervisor(town: Service, kills: int) -> None:
    """The cache goes with the supervisor, and all sign-ins with it, so each kill has a crowd of its own."""
    slowest = 0.0
    for number in range(kills):
        crowd = Crowd(town, clients=4).begin()
        time.sleep(1.5)
        crowd.reach(10)
        assert town.process is not None
        old = family(town.process.pid)
        assert len(old) >= 9  # itself, ledger, cache, emulator and its worker, web and its two, worker
        with town.place.embedded[1].client() as cache:
            signed_in = {key: cache.get(key) for key in cache.scan_iter("session:*")}
        town.kill()
        crowd.go_away()
        town.start()
        with town.place.embedded[1].client() as cache:
            cache.mset(signed_in)  # they sign in again
        slowest = max(slowest, town.started_in)
        assert [pid for pid in old if alive(pid)] == [], "something of the killed one still runs"
        assert len(family(town.process.pid)) == len(old), f"kill {number}"
        crowd.check()
        crowd.only("ledger_unreachable", "ledger_closed", "sessions_unavailable", "no answer")
        crowd.floors(10)
        print(f"kill {number}: {crowd.answered()} answered, slowest start {slowest:.1f} s, {crowd.told}")


def test_a_supervisor_killed_under_load_is_restored_by_one_command_with_nothing_lost(town: Service) -> None:
    _kill_supervisor(town, 1)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_of_the_supervisor_are_restored_by_one_command(town: Service) -> None:
    _kill_supervisor(town, ROUNDS)


def _reload(town: Service, reloads: int) -> None:
    crowd = Crowd(town, clients=6, keep=False).begin()
    for _ in range(reloads):
        time.sleep(0.5)
        old = set(town.web_workers())
        kill(town.pid("web"), how=signal.SIGHUP)
        until(lambda old=old: not old & set(town.web_workers()))
    time.sleep(0.5)
    crowd.reach(20 * reloads).end().check()
    crowd.only()
    crowd.floors(20 * reloads)
    print(f"{reloads} reloads: {crowd.answered()} answered, slowest {crowd.slowest_s:.2f} s")


def test_a_rolling_reload_under_load_fails_no_request(town: Service) -> None:
    _reload(town, 2)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_rolling_reloads_fail_no_request(town: Service) -> None:
    _reload(town, 5 * ROUNDS)


def _rewrite(town: Service, kills: int) -> None:
    crowd = Crowd(town, clients=6).begin()
    for _ in range(kills):
        time.sleep(0.7)
        with town.place.embedded[0].client() as client:
            client.config_set("rdb-key-save-delay", 2000)  # microseconds for each key, so that the rewrite takes long
            client.bgrewriteaof()
            until(lambda client=client: client.info("persistence")["aof_rewrite_in_progress"])
        time.sleep(0.05)
        answered = crowd.answered()
        kill(town.pid("ledger"))
        until(lambda answered=answered: crowd.answered() > answered + 20)
    crowd.reach(10 * kills).end().check()
    crowd.only("ledger_unreachable", "ledger_closed", "sessions_unavailable", "no answer")
    assert sum(crowd.refused.values()) >= kills
    crowd.floors(10 * kills)


def test_kill_9_during_a_rewrite_of_the_ledgers_file_loses_no_answer(town: Service) -> None:
    _rewrite(town, 2)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_many_kills_during_rewrites_lose_no_answer(town: Service) -> None:
    _rewrite(town, 5 * ROUNDS)
